/** What PostgreSQL, asked in the client's own session, says of the names in a statement. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { z } from 'zod'
import { isColumnType } from '../catalog/column-type.js'
import { defaultCollation } from '../catalog/default-collation.js'
import { type TableFunction, tableFunction, tableFunctionSchema } from '../catalog/table-functions.js'
import { viewDefinition } from '../catalog/view-definitions.js'
import type { VirtualTable } from '../catalog/virtual-table.js'
import { DatabaseError } from '../database-error.js'
import { quoteIdentifier, quoteLiteral } from '../parse/identifier.js'
import { findAll, type Inside, type Node, relationsOf, stringsOf } from '../parse/syntax-tree.js'
import type { Names as OwnNames } from '../postgres/names.js'
import {
  readSettings,
  type SessionSettings,
  settingsQuery,
  settingsSchema,
} from '../settings/session-settings.js'
import { accessQuery, equals } from './access.js'
import type { Relation } from './binding.js'
import { callOf } from './function-columns.js'
import { FunctionTraits } from './function-traits.js'

export interface Names {
  readonly functions: FunctionTraits
  readonly settings: SessionSettings
  relationOf(rangeVar: Inside<'RangeVar'>): Relation | undefined
  /** The function that stands in FROM, where it is one whose query can take its place. */
  tableFunctionOf(item: Inside<'RangeFunction'>): TableFunction | undefined
}

const answerSchema = z.object({
  relations: z
    .record(
      z.string(),
      z.object({
        oid: z.number(),
        kind: z.string(),
        columns: z.array(z.tuple([z.string(), z.string().nullable()])).nullable(),
        definition: z.string().nullable(),
      }),
    )
    .nullable(),
  /** Name, volatility and kind by pg_proc's letters, whether it returns a set, and whether it is in pg_catalog. */
  functions: z.array(z.tuple([z.string(), z.string(), z.string(), z.boolean(), z.boolean()])).nullish(),
  /** By the names as they are called. */
  table_functions: z.record(z.string(), tableFunctionSchema.nullable()).nullish(),
  loose: z.boolean(),
  shadowed_operators: z.boolean(),
  shadowed_types: z.boolean(),
  wide_digits: z.boolean(),
  standard_strings: z.boolean(),
  settings: settingsSchema,
})

/**
 * The query that asks for everything that must be known of a statement's names, and in a column of its own, for who may read
 * them: the first is the same for all who do the same.
 */
export function lookUpQuery(statement: Node, own: OwnNames): string {
  const relationNames = new Set(relationsOf(statement).map((one) => nameOf(one, own)))
  const functionNames = new Set(
    findAll(statement, 'FuncCall').flatMap(({ funcname }) => stringsOf(funcname)?.at(-1) ?? []),
  )
  const tableFunctions = new Set(
    findAll(statement, 'RangeFunction').flatMap((item) => nameOfFunction(item) ?? []),
  )
  return queryFor([...relationNames], [...functionNames], [...tableFunctions], own)
}

/**
 * Reads PostgreSQL's answer to that query.
 * @param text of the statement
 * @param virtualTables by OID
 */
export function readNames(
  json: string,
  text: string,
  virtualTables: ReadonlyMap<number, VirtualTable>,
  own: OwnNames,
): Names {
  const answer = answerSchema.parse(JSON.parse(json))
  if (!answer.standard_strings && text.includes('\\')) {
    throw new DatabaseError('statements over virtual tables need standard_conforming_strings', {
      sqlState: '0A000',
      hint: "SET standard_conforming_strings = on; write escapes as E'…'.",
    })
  }
  return {
    settings: readSettings(answer.settings),
    functions: new FunctionTraits({
      functions: (answer.functions ?? []).map(([name, volatility, kind, returnsSet, isOwn]) => ({
        name,
        isVolatile: volatility === 'v',
        isAggregate: kind === 'a',
        isPlain: kind === 'f' && !returnsSet,
        isOwn,
      })),
      hasNondeterministicCollations: answer.loose,
      hasShadowedOperators: answer.shadowed_operators,
      hasShadowedTypes: answer.shadowed_types,
      hasWideDigits: answer.wide_digits,
    }),
    relationOf: (rangeVar) => {
      const found = answer.relations?.[nameOf(rangeVar, own)]
      if (found === undefined) return undefined
      const table = virtualTables.get(found.oid)
      if (table !== undefined) return { kind: 'virtual', table }
      const { columns, kind, definition } = found
      return {
        kind: 'relation',
        columns: (columns ?? []).map(([name, type]) => ({ name, type: columnTypeOf(type) })),
        stable: storedKinds.has(kind),
        definition: definition ?? undefined,
      }
    },
    tableFunctionOf: (item) => answer.table_functions?.[nameOfFunction(item) ?? ''] ?? undefined,
  }
}

/** Integers of fewer bits become of 64 beside a column of these. */
function columnTypeOf(name: string | null): ColumnType | undefined {
  if (name === 'integer' || name === 'smallint') return 'bigint'
  return name !== null && isColumnType(name) ? name : undefined
}

/** Kinds of pg_class whose rows are stored: tables, partitioned tables, materialized views. */
const storedKinds = new Set(['r', 'p', 'm'])

/** A relation's name as the question has it. */
export function nameOf(
  { catalogname, schemaname, relname }: Inside<'RangeVar'>,
  { database }: OwnNames,
): string {
  const parts = catalogname === database ? [schemaname, relname] : [catalogname, schemaname, relname]
  return parts.flatMap((part) => (part === undefined ? [] : quoteIdentifier(part))).join('.')
}

/** The name by which a single function is called in FROM, whose columns are its own. */
function nameOfFunction(item: Inside<'RangeFunction'>): string | undefined {
  if (item.ordinality === true || item.coldeflist !== undefined) return undefined
  const names = stringsOf(callOf(item)?.funcname) ?? []
  return names.length === 1 || names.length === 2 ? names.map(quoteIdentifier).join('.') : undefined
}

function queryFor(
  relations: readonly string[],
  functions: readonly string[],
  tableFunctions: readonly string[],
  { internalSchema }: OwnNames,
): string {
  // Another database's name would make to_regclass fail; PostgreSQL then reports that for the statement itself.
  const own = relations.filter((name) => name.split('"."').length < 3)
  return `select pg_catalog.json_build_object(
    'relations', (
      select pg_catalog.json_object_agg(name, pg_catalog.json_build_object(
        'oid', c.oid::pg_catalog.int8, 'kind', c.relkind, 'columns', (
          select pg_catalog.json_agg(pg_catalog.json_build_array(a.attname,
            case when a.atttypid ${isLess} ${firstOfUsers} and a.attcollation ${equals} any ('{0, ${defaultCollation}}')
              then pg_catalog.format_type(a.atttypid, null) end) order by a.attnum)
          from pg_catalog.pg_attribute a
          where a.attrelid ${equals} c.oid and a.attnum ${isGreater} 0 and not a.attisdropped),
        'definition', case when c.relkind ${equals} 'v' and ${hidesNothing}
          then ${internalSchema}.${viewDefinition}(c.oid) end))
      from pg_catalog.unnest(${arrayOf(own)}) as name
      join pg_catalog.pg_class c on c.oid ${equals} pg_catalog.to_regclass(name)::pg_catalog.oid),
    ${functions.length === 0 ? '' : `'functions', ${functionsQuery(functions)},`}
    ${tableFunctions.length === 0 ? '' : `'table_functions', ${tableFunctionsQuery(tableFunctions, internalSchema)},`}
    'loose', exists (
      select from pg_catalog.pg_collation l where l.oid >= ${firstOfUsers} and not l.collisdeterministic),
    'shadowed_operators', pg_catalog.current_setting('transform_null_equals') = 'on' or exists (
      select from pg_catalog.pg_operator o
      where o.oid >= ${firstOfUsers} and o.oprleft < ${firstOfUsers} and o.oprright < ${firstOfUsers}
        and o.oprname ~ '^[-=<>~!*+/]+$' and pg_catalog.pg_operator_is_visible(o.oid)),
    'shadowed_types', not (${hidesNothing}) or ${hasTemporaryTypes},
    'wide_digits', pg_catalog.textregexeq(pg_catalog.chr(1635), E'\\\\d'),
    'standard_strings', pg_catalog.current_setting('standard_conforming_strings') = 'on',
    'settings', ${settingsQuery}), ${accessQuery(arrayOf(own))}`
}

const isGreater = 'operator(pg_catalog.>)'
const isLess = 'operator(pg_catalog.<)'

/** OIDs below this are those of objects that come with PostgreSQL: FirstNormalObjectId in its access/transam.h. */
const firstOfUsers = 16384

/**
 * Names that a view's definition leaves unqualified are in pg_catalog, or in the temporary schema; these come first
 * on every search path, unless it names them.
 */
const hidesNothing = `pg_catalog.current_setting('search_path') !~ 'pg_(catalog|temp)'`

/**
 * Whether the temporary schema has a type of the name of one of PostgreSQL's, before which it comes. Most sessions have
 * no such schema, and look at no types. (Temporary tables have types of their names.)
 */
const hasTemporaryTypes = `case when pg_catalog.pg_my_temp_schema() ${equals} 0 then false else exists (
      select from pg_catalog.pg_type t where case when t.typnamespace ${equals} pg_catalog.pg_my_temp_schema()
        then pg_catalog.to_regtype(pg_catalog.format('pg_catalog.%I', t.typname)) is not null end) end`

/** Rows of name, volatility, kind, and whether it returns a set; without names there is nothing to ask. */
function functionsQuery(names: readonly string[]): string {
  return `(
      select pg_catalog.json_agg(distinct
        pg_catalog.jsonb_build_array(p.proname, p.provolatile, p.prokind, p.proretset,
          p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace))
      from pg_catalog.pg_proc p where p.proname = any (${arrayOf(names)}::pg_catalog.name[]))`
}

/** A name that stands for several functions, or for none, is left out: to_regproc then gives NULL. */
function tableFunctionsQuery(names: readonly string[], internalSchema: string): string {
  return `(
      select pg_catalog.json_object_agg(name, ${internalSchema}.${tableFunction}(f))
      from pg_catalog.unnest(${arrayOf(names)}) as name, pg_catalog.to_regproc(name) as f
      where f::pg_catalog.oid >= ${firstOfUsers} and ${hidesNothing})`
}

function arrayOf(texts: readonly string[]): string {
  return `array[${texts.map(quoteLiteral).join(', ')}]::pg_catalog.text[]`
}
