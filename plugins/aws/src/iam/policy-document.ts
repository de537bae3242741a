/** Policy documents, which IAM gives as JSON that is encoded for URLs (RFC 3986). */
import { parseExactly } from '../columns/json-value.js'

/** @returns undefined where it is none */
export function policyOf(document: string | undefined): unknown {
  return document === undefined ? undefined : parseExactly(decoded(document))
}

function decoded(document: string): string {
  try {
    return decodeURIComponent(document)
  } catch {
    // Not encoded, as an emulator may give it.
    return document
  }
}

/**
 * A policy in one form, whatever form it was written in: lists of statements, actions, resources, principals and values,
 * sorted and without repetition; actions and keys of conditions in lower case, since case does not matter there. It is
 * Steampipe's form of columns whose names end in `_std`.
 */
export function canonicalPolicy(policy: unknown): unknown {
  if (!isObject(policy)) return undefined
  return {
    ...(policy.Id === undefined ? {} : { Id: policy.Id }),
    Version: policy.Version ?? '',
    Statement: listOf(policy.Statement).flatMap((statement) =>
      isObject(statement) ? [canonicalStatement(statement)] : [],
    ),
  }
}

type JsonObject = Readonly<Record<string, unknown>>

const members: Readonly<Record<string, (value: unknown) => unknown>> = {
  Action: actions,
  NotAction: actions,
  Resource: texts,
  NotResource: texts,
  Principal: principals,
  NotPrincipal: principals,
  Condition: conditions,
}

function canonicalStatement(statement: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(statement).map(([name, value]) => [name, members[name]?.(value) ?? value]),
  )
}

function actions(value: unknown): string[] {
  return distinct(listOf(value).map((action) => String(action).toLowerCase()))
}

function texts(value: unknown): string[] {
  return distinct(listOf(value).map(String))
}

/** Everybody, `*`, is short for everybody of AWS. */
function principals(value: unknown): JsonObject {
  if (!isObject(value)) return { AWS: texts(value) }
  return Object.fromEntries(Object.entries(value).map(([kind, who]) => [kind, texts(who)]))
}

function conditions(value: unknown): unknown {
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([operator, tests]) => [
      operator,
      isObject(tests)
        ? Object.fromEntries(Object.entries(tests).map(([key, values]) => [key.toLowerCase(), texts(values)]))
        : tests,
    ]),
  )
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  return value === undefined ? [] : [value]
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort()
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
