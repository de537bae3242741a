/** How whoever looks at a result wants it: sorted, filtered. PostgreSQL does both, over the rows that are cached. */

export interface Filter {
  readonly column: string
  readonly operator: '=' | '>=' | '<'
  /** Undefined for NULL. */
  readonly value: string | undefined
}

export interface Sort {
  /** The column's place, from 0 on. */
  readonly column: number
  readonly descending: boolean
}

export interface Shape {
  readonly filters: readonly Filter[]
  readonly sort: Sort | undefined
}

export const unshaped: Shape = { filters: [], sort: undefined }

export function isShaped({ filters, sort }: Shape): boolean {
  return filters.length > 0 || sort !== undefined
}

/** The statement as one that gives the result so. */
export function shapedSql(sql: string, shape: Shape): string {
  if (!isShaped(shape)) return sql
  const { filters, sort } = shape
  const where = filters.length === 0 ? '' : `\nwhere ${filters.map(condition).join('\n  and ')}`
  const direction = sort?.descending === true ? 'desc' : 'asc'
  const order = sort === undefined ? '' : `\norder by ${sort.column + 1} ${direction} nulls last`
  return `select * from (\n${sql}\n) as result${where}${order}`
}

function condition({ column, operator, value }: Filter): string {
  const name = `result.${identifier(column)}`
  if (value === undefined) return `${name} is null`
  return `${name} ${operator} ${literal(value)}`
}

export function identifier(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** With standard_conforming_strings, a backslash is an ordinary character. */
export function literal(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
