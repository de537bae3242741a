/** Writes random FROM clauses. */
import type { ColumnType } from '@millrace/plugin-sdk'
import { quoteLiteral } from '../parse/identifier.js'
import type { Choices } from './choices.js'
import { derivedQuery } from './random-derived.js'
import {
  columnsOf,
  type ExpressionWriter,
  type Scope,
  type ScopeColumn,
  type Source,
} from './random-expression.js'
import { type RandomTables, requiredKeys, tableColumns, valuesOfType } from './random-tables.js'
import type { WrittenQuery } from './written-query.js'

export interface From {
  readonly text: string
  readonly scope: Scope
  /** Conditions for WHERE that give tables their keys. */
  readonly conditions: readonly string[]
}

/** What a FROM clause cannot write itself. */
export interface FromContext {
  readonly tables: RandomTables
  readonly expressions: ExpressionWriter
  readonly ctes: readonly Source[]
  newName(prefix: string): string
  query(depth: number, outer: Scope | undefined): WrittenQuery
}

/** A source as it is written; `keys` are columns without whose values its table cannot be read. */
interface Item {
  readonly text: string
  readonly source: Source
  readonly keys: readonly ScopeColumn[]
  /** A subquery to which conditions on its outputs belong. */
  readonly isDerived?: boolean
  /** Whether all its columns may be NULL at once. */
  readonly isNullable?: boolean
}

const countedColumn: ScopeColumn = { name: 'counted', type: 'bigint' }

const joinKinds = [
  'join',
  ',',
  'left join',
  'right join',
  'cross join',
  'full join',
  'natural join',
  'natural left join',
  'using',
  'right using',
  'full using',
  'lateral',
  'left lateral',
  'nested left',
] as const
type JoinKind = (typeof joinKinds)[number]

export class FromWriter {
  readonly #choices: Choices
  readonly #context: FromContext

  constructor(choices: Choices, context: FromContext) {
    this.#choices = choices
    this.#context = context
  }

  write(depth: number, outer: Scope | undefined): From {
    const kinds = Array.from({ length: this.#choices.below(depth > 0 ? 3 : 2) }, () =>
      this.#choices.pick<JoinKind>(joinKinds),
    )
    // Sides that outer joins keep need their keys inside, or a condition above would undo the join.
    const isKept = kinds.some((kind) => /right|full|natural/.test(kind))
    const first = this.#item(depth, outer, isKept)
    let text = first.text
    /** What ON may see: what stands after the last comma. */
    let group: Source[] = [first.source]
    let sources: Source[] = [first.source]
    const conditions = this.#keyCondition(first, { sources: [], outer }, depth)
    if (first.isDerived === true) conditions.push(...this.#onOutputs(first, outer))
    for (const kind of kinds) {
      if (kind === 'lateral' || kind === 'left lateral') {
        const query = this.#context.query(depth - 1, { sources, outer })
        const alias = this.#context.newName('l')
        text =
          kind === 'lateral'
            ? `${text} cross join lateral (${query.text}) ${alias}`
            : `${text} left join lateral (${query.text}) ${alias} on true`
        const source = { alias, columns: query.columns }
        group = [...group, source]
        sources = [...sources, source]
        // LATERAL sees what stands before a comma too; written as a join, the scope is the group's alone.
        continue
      }
      if (kind === 'nested left') {
        const inner = [this.#item(0, outer, true), this.#item(0, outer, true)] as const
        const [middle, last] = inner
        const word = this.#choices.pick(['left join', 'left join', 'join', 'right join'])
        const inside = `${middle.text} ${word} ${last.text} on ${this.#onCondition([middle.source], last, outer, 0)}`
        text = `${text} left join (${inside}) on ${this.#onCondition(group, middle, outer, 0)}`
        const added = inner.map(({ source }) => source)
        for (const { source } of inner) conditions.push(...this.#afterOuterJoin(source, 35))
        group = [...group, ...added]
        sources = [...sources, ...added]
        continue
      }
      const item = this.#item(depth, outer, isKept)
      if (kind === ',' || kind === 'cross join') {
        text = kind === ',' ? `${text}, ${item.text}` : `${text} cross join ${item.text}`
        conditions.push(...this.#keyCondition(item, { sources, outer }, depth))
        group = kind === ',' ? [item.source] : [...group, item.source]
      } else {
        const joined = this.#join(kind, text, group, item, outer, depth)
        text = joined.text
        if (/left|full/.test(kind)) conditions.push(...this.#afterOuterJoin(item.source, 25))
        if (/right|full/.test(kind)) {
          const before = this.#choices.pickAny(group)
          if (before !== undefined) conditions.push(...this.#afterOuterJoin(before, 25))
        }
        sources = [...sources, ...joined.merged]
        group = [...group, item.source, ...joined.merged]
      }
      sources = [...sources, item.source]
    }
    return { text, scope: { sources, outer }, conditions }
  }

  /** One table, as it stands or through subqueries and CTEs; joined to another now and then. */
  report(): From & { readonly withClause: string } {
    const plain = () => this.#table(this.#choices.pickAny(this.#virtualNames) ?? '', false)
    const item = this.#choices.chance(75) ? this.#derived(false) : plain()
    const conditions = this.#keyCondition(item, { sources: [], outer: undefined }, 0)
    const outputs = this.#onOutputs(item, undefined)
    let { text } = item
    let withClause = ''
    let sources: readonly Source[] = [item.source]
    const reader = { alias: this.#context.newName('s'), columns: item.source.columns }
    const query = /^\((.*)\) \w+$/s.exec(text)?.[1]
    if (query !== undefined && this.#choices.chance(35)) {
      // What reads the table goes by its name now and then.
      const table = /\bfrom (\w+) d\d/.exec(query)?.[1]
      const name = table !== undefined && this.#choices.chance(20) ? table : this.#context.newName('c')
      const kind = this.#choices.pick(['', '', 'materialized ', 'not materialized '])
      withClause = `with ${name} as ${kind}(${query}) `
      text = `${name} ${item.source.alias}`
      // What one reader asks for must not narrow what the other reads.
      if (item.keys.length === 0 && this.#choices.chance(50)) {
        text += this.#choices.pick([
          `, ${name} ${reader.alias}`,
          ` left join ${name} ${reader.alias} on true`,
          ` cross join (select count(*) as counted from ${name}) ${reader.alias}`,
        ])
        const columns = text.includes(' counted ') ? [countedColumn] : reader.columns
        sources = [item.source, { ...reader, columns }]
      }
    } else if (this.#choices.chance(30)) {
      const other = this.#choices.chance(50) ? this.#derived(false) : this.#table('note', false)
      const word = this.#choices.pick(['join', 'left join', 'join'])
      text = `${text} ${word} ${other.text} on ${this.#onCondition([item.source], other, undefined, 0)}`
      if (word === 'left join') conditions.push(...this.#afterOuterJoin(other.source, 25))
      sources = [item.source, other.source]
    }
    const scope = { sources, outer: undefined }
    return { text, scope, withClause, conditions: [...conditions, ...outputs] }
  }

  get #virtualNames(): readonly string[] {
    const { tables } = this.#context
    return Object.keys(tables).filter((name) => tables[name]?.keys !== undefined)
  }

  /** What an outer join left without a match; or conditions that undo it. */
  #afterOuterJoin(source: Source, percent: number): string[] {
    const known = source.columns.filter(({ operators }) => operators?.includes('is null'))
    const column = this.#choices.pickAny(known.length > 0 ? known : source.columns)
    if (column === undefined || !this.#choices.chance(percent)) return []
    const own = referTo(source, column)
    if (this.#choices.chance(70)) return [`${own} is null`]
    const constant = this.#context.expressions.constant(column.type)
    return [
      column.type === 'text'
        ? `coalesce(${own}::text, 'none') <> 'a'`
        : `coalesce(${own} <> ${constant}, true)`,
    ]
  }

  /** Conditions on what a subquery yields, which may pass into it. */
  #onOutputs({ source, isNullable }: Item, outer: Scope | undefined): string[] {
    const known = source.columns.filter(({ operators }) => operators !== undefined)
    const column = this.#choices.pickAny(known)
    if (column === undefined || !this.#choices.chance(70)) return []
    if (isNullable === true && this.#choices.chance(40)) return this.#afterOuterJoin(source, 100)
    const scope = { sources: [source], outer }
    return [this.#context.expressions.keyCondition({ ...column, text: referTo(source, column) }, scope)]
  }

  #join(
    kind: JoinKind,
    left: string,
    group: readonly Source[],
    item: Item,
    outer: Scope | undefined,
    depth: number,
  ): { readonly text: string; readonly merged: readonly Source[] } {
    const common = item.source.columns.filter(
      ({ name }) =>
        group.flatMap(({ columns }) => columns).filter((column) => column.name === name).length === 1,
    )
    if (kind === 'natural join' || kind === 'natural left join') {
      return {
        text: `${left} ${kind} ${item.text}`,
        merged: common.length > 0 ? [{ alias: '', columns: common }] : [],
      }
    }
    if (/using/.test(kind)) {
      const [column, ...others] = common.filter(
        ({ name }) => name === item.keys[0]?.name || item.keys.length === 0,
      )
      if (column !== undefined) {
        const more = this.#choices.chance(20) ? others.slice(0, 1) : []
        const names = [column, ...more].map(({ name }) => name).join(', ')
        const word =
          kind === 'using' ? this.#choices.pick(['join', 'left join']) : kind.replace('using', 'join')
        return {
          text: `${left} ${word} ${item.text} using (${names})`,
          merged: [{ alias: '', columns: [column, ...more] }],
        }
      }
    }
    const word = kind.replace(/^using$|using/, 'join')
    const on =
      word === 'full join' ? this.#fullCondition(group, item) : this.#onCondition(group, item, outer, depth)
    return { text: `${left} ${word} ${item.text} on ${on}`, merged: [] }
  }

  #onCondition(group: readonly Source[], item: Item, outer: Scope | undefined, depth: number): string {
    const { expressions } = this.#context
    const before: Scope = { sources: group, outer }
    const column = item.keys[0] ?? this.#choices.pickAny(item.source.columns)
    const own = column && referTo(item.source, column)
    const partner = column && !this.#choices.chance(40) ? expressions.column(column.type, before) : undefined
    const link =
      column === undefined || own === undefined
        ? 'true'
        : partner !== undefined
          ? `${own} = ${partner}`
          : expressions.equality(own, column.type, before, depth)
    const others = item.keys
      .slice(1)
      .map((key) => ` and ${expressions.equality(referTo(item.source, key), key.type, before, 0)}`)
    if (!this.#choices.chance(40)) return `${link}${others.join('')}`
    const scope: Scope = { sources: [...group, item.source], outer }
    return `${link}${others.join('')} and ${expressions.condition(scope, depth - 1)}`
  }

  /** A full join wants equalities, or nothing. */
  #fullCondition(group: readonly Source[], item: Item): string {
    const column = this.#choices.pickAny(item.source.columns)
    const partner =
      column && columnsOf({ sources: group, outer: undefined }).find(({ type }) => type === column.type)
    return column === undefined || partner === undefined
      ? 'true'
      : `${referTo(item.source, column)} = ${partner.text}`
  }

  #keyCondition({ source, keys }: Item, before: Scope, depth: number): string[] {
    if (keys.length === 0 || this.#choices.chance(4)) return []
    return keys.map((key) =>
      this.#context.expressions.equality(referTo(source, key), key.type, before, depth),
    )
  }

  #item(depth: number, outer: Scope | undefined, whole: boolean): Item {
    const choice = this.#choices.below(depth > 0 ? 14 : 9)
    if (choice === 7 || choice === 12) return this.#derived(whole)
    if (choice === 13) return this.#aliasedJoin(depth, outer, whole)
    if (choice >= 10) return this.#subquery(depth, outer)
    if (choice === 8) return this.#values()
    if (choice === 9) return this.#choices.chance(50) ? this.#unnested() : this.#elements()
    // Of CTEs that there are, most should be read.
    const wantsCte = this.#context.ctes.length > 0 && this.#choices.below(100) < 50
    const cte = wantsCte ? this.#choices.pickAny(this.#context.ctes) : undefined
    if (cte !== undefined) {
      const alias = this.#context.newName('s')
      return { text: `${cte.alias} ${alias}`, source: { ...cte, alias }, keys: [] }
    }
    const names = Object.keys(this.#context.tables)
    return this.#table(names[choice % names.length] ?? '', whole)
  }

  #table(name: string, whole: boolean): Item {
    const table = this.#context.tables[name] ?? { columns: {}, keys: undefined }
    const columns = tableColumns(table)
    const alias = this.#context.newName('s')
    const required = requiredKeys(table, this.#choices)
    if (required.length > 0 && (whole || this.#choices.chance(15))) {
      const { expressions } = this.#context
      const conditions = required.map((key) => `${key.name} in (${expressions.constants(key.type, 3)})`)
      const text = `(select * from ${name} where ${conditions.join(' and ')}) ${alias}`
      return { text, source: { alias, columns }, keys: [] }
    }
    if (!this.#choices.chance(10))
      return { text: `${name} ${alias}`, source: { alias, columns }, keys: required }
    const renamed = columns.map((column, index) => (index < 3 ? { ...column, name: `n${index}` } : column))
    const names = renamed.slice(0, 3).map((column) => column.name)
    const keys = required.flatMap(
      (key) => renamed[columns.findIndex(({ name: own }) => own === key.name)] ?? [],
    )
    return { text: `${name} as ${alias} (${names.join(', ')})`, source: { alias, columns: renamed }, keys }
  }

  #derived(whole: boolean): Item {
    const { tables, expressions, newName } = this.#context
    const context = {
      tables,
      newName,
      equality: (text: string, { type }: ScopeColumn) => `${text} in (${expressions.constants(type, 3)})`,
    }
    const query = derivedQuery(this.#choices, context, whole)
    if (query === undefined) return this.#values()
    const alias = this.#context.newName('s')
    const source = { alias, columns: query.columns }
    return {
      text: `(${query.text}) ${alias}`,
      source,
      keys: query.keys,
      isDerived: true,
      isNullable: query.isNullable === true,
    }
  }

  #subquery(depth: number, outer: Scope | undefined): Item {
    const query = this.#context.query(depth - 1, outer)
    const alias = this.#context.newName('s')
    if (!this.#choices.chance(20)) {
      return { text: `(${query.text}) ${alias}`, source: { alias, columns: query.columns }, keys: [] }
    }
    const columns = query.columns.map((column, index) => ({ ...column, name: `n${index}` }))
    const names = columns.map(({ name }) => name).join(', ')
    return { text: `(${query.text}) ${alias} (${names})`, source: { alias, columns }, keys: [] }
  }

  /** A join under an alias, which hides the names of what it joins. */
  #aliasedJoin(depth: number, outer: Scope | undefined, whole: boolean): Item {
    const names = Object.keys(this.#context.tables)
    const left = this.#table(this.#choices.pickAny(names) ?? '', true)
    const right = this.#table(this.#choices.pickAny(names) ?? '', whole)
    const kind = this.#choices.pick<JoinKind>(['join', 'left join', 'using'])
    const { text, merged } = this.#join(kind, left.text, [left.source], right, outer, depth)
    const alias = this.#context.newName('s')
    const usingNames = merged.flatMap(({ columns }) => columns.map(({ name }) => name))
    const isMerged = ({ name }: ScopeColumn) => usingNames.includes(name)
    const columns = [
      ...merged.flatMap((source) => source.columns),
      ...left.source.columns.filter((column) => !isMerged(column)),
      ...right.source.columns.filter((column) => !isMerged(column)),
    ]
    if (this.#choices.chance(40)) {
      const renamed = columns.map((column, index) => ({ ...column, name: `n${index}` }))
      const list = renamed.map(({ name }) => name).join(', ')
      return { text: `(${text}) as ${alias} (${list})`, source: { alias, columns: renamed }, keys: [] }
    }
    const unique = columns.filter(({ name }) => columns.filter((column) => column.name === name).length === 1)
    const hasUnnamed = unique.length < columns.length
    return { text: `(${text}) as ${alias}`, source: { alias, columns: unique, hasUnnamed }, keys: [] }
  }

  #values(): Item {
    const alias = this.#context.newName('s')
    const type = this.#choices.pick<ColumnType>(['text', 'inet', 'bigint'])
    const rows = [0, 1].map(() => `(${quoteLiteral(this.#choices.pick(valuesOfType[type]))}::${type})`)
    return {
      text: `(values ${rows.join(', ')}) ${alias} (value)`,
      source: { alias, columns: [{ name: 'value', type }] },
      keys: [],
    }
  }

  #unnested(): Item {
    const alias = this.#context.newName('s')
    const type = this.#choices.pick<ColumnType>(['inet', 'text', 'bigint'])
    const items = [0, 1].map(() => quoteLiteral(this.#choices.pick(valuesOfType[type])))
    const call = `unnest(array[${items.join(', ')}]::${type}[])`
    if (this.#choices.chance(30)) {
      // Under the function's own name.
      return { text: call, source: { alias: '', columns: [{ name: 'unnest', type }] }, keys: [] }
    }
    if (this.#choices.chance(30)) {
      const columns = [{ name: 'v', type } as const, { name: 'o', type: 'bigint' } as const]
      return { text: `${call} with ordinality ${alias} (v, o)`, source: { alias, columns }, keys: [] }
    }
    return { text: `${call} ${alias}`, source: { alias, columns: [{ name: alias, type }] }, keys: [] }
  }

  #elements(): Item {
    const alias = this.#context.newName('s')
    const items = [0, 1].map(() => JSON.stringify(this.#choices.pick(valuesOfType.text)))
    const array = quoteLiteral(`[${items.join(', ')}]`)
    if (this.#choices.chance(40)) {
      const object = quoteLiteral(`{"a": ${items[0]}, "b": ${items[1]}}`)
      const columns = [{ name: 'key', type: 'text' } as const, { name: 'value', type: 'text' } as const]
      return { text: `jsonb_each_text(${object}) ${alias}`, source: { alias, columns }, keys: [] }
    }
    // The function's name stands for its only value.
    const isRow = this.#choices.chance(50)
    const column = { name: isRow ? alias : 'value', type: 'text' } as const
    const source = { alias: isRow ? '' : alias, columns: [column] }
    return { text: `jsonb_array_elements_text(${array}) ${alias}`, source, keys: [] }
  }
}

function referTo({ alias }: Source, { name }: ScopeColumn): string {
  return alias === '' ? name : `${alias}.${name}`
}
