/** Writes what {@link readHcl} reads. */
import type { Located, LocatedMap } from './located.js'

/** A block with its labels: `connection "aws" { … }`. */
export function writeBlock(type: string, labels: readonly string[], body: LocatedMap, indent = ''): string {
  const lines = [...body.entries].flatMap(([name, { value }]) => {
    // A plugin's limiters are blocks; Steampipe takes no map for them.
    if (name === 'limiter' && value.kind === 'map') {
      return [...value.entries].map(([label, { value: limiter }]) =>
        limiter.kind === 'map' ? writeBlock(name, [label], limiter, `${indent}  `) : '',
      )
    }
    return [`${indent}  ${name} = ${writeValue(value)}\n`]
  })
  const head = [type, ...labels.map(writeText)].join(' ')
  return `${indent}${head} {\n${lines.join('')}${indent}}\n`
}

function writeValue(located: Located): string {
  switch (located.kind) {
    case 'scalar':
      return typeof located.value === 'string' ? writeText(located.value) : String(located.value)
    case 'reference':
      return located.names.join('.')
    case 'list':
      return `[${located.items.map(writeValue).join(', ')}]`
    case 'map': {
      const members = [...located.entries].map(
        ([name, { value }]) => `${writeText(name)} = ${writeValue(value)}`,
      )
      return `{ ${members.join(', ')} }`
    }
  }
}

function writeText(text: string): string {
  const quoted = JSON.stringify(text).replaceAll('\\b', '\\u0008').replaceAll('\\f', '\\u000c')
  return quoted.replace(/([$%])\{/g, '$1$1{')
}
