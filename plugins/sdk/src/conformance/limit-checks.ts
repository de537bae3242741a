/** Whether limits, orders and pages leave out nothing that is meant. */
import type { Direction } from '../table.js'
import { canonicalValue } from './column-values.js'
import { ConformanceFailure } from './conformance-failure.js'
import { compare } from './judge.js'
import { type AnyRow, listedColumns } from './run-scan.js'
import { type Check, shown, type Trial } from './trial.js'

/** @param pages runs a scan while the stand-in gives small pages */
export function limitChecks(
  trial: Trial,
  pages?: <Result>(scan: () => Promise<Result>) => Promise<Result>,
): Check[] {
  const columns = listedColumns(trial.table)
  const checks: Check[] = [
    {
      name: 'limit',
      async run() {
        const baseline = await trial.baseline()
        const most = Math.max(...baseline.outcome.parts.map(({ rows }) => rows.length), 0)
        for (const limit of limitsUpTo(most)) {
          const { parts } = await trial.scan({ columns, limit })
          for (const [index, { rows }] of parts.entries()) {
            const available = baseline.outcome.parts[index]?.rows.length ?? 0
            if (rows.length < Math.min(limit, available)) {
              throw new ConformanceFailure(
                `with a limit of ${limit} it yields ${rows.length} of ${available} rows`,
              )
            }
            const strange = baseline.missing(rows, baseline.rows, columns)
            if (strange !== undefined)
              throw new ConformanceFailure(
                `a limit of ${limit} gives a row that is not there without it: ${shown(strange)}`,
              )
          }
        }
      },
    },
  ]
  for (const [column, directions = []] of Object.entries(trial.table.orders ?? {})) {
    for (const direction of directions) {
      checks.push({ name: `order ${column} ${direction}`, run: () => checkOrder(trial, column, direction) })
    }
  }
  if (pages !== undefined) {
    checks.push({
      name: 'pages',
      async run() {
        const baseline = await trial.baseline()
        const { rows } = await pages(() => trial.scan({ columns }))
        const missing = baseline.missing(baseline.rows, rows, columns)
        if (missing !== undefined) throw new ConformanceFailure(`small pages lose the row ${shown(missing)}`)
        const twice = baseline.missing(rows, baseline.rows, columns)
        if (twice !== undefined)
          throw new ConformanceFailure(`small pages give once more the row ${shown(twice)}`)
      },
    })
  }
  return checks
}

function limitsUpTo(most: number): number[] {
  return [...new Set([1, 2, Math.ceil(most / 2), most + 1])].filter((limit) => limit > 0)
}

async function checkOrder(trial: Trial, column: string, direction: Direction): Promise<void> {
  const { table } = trial
  const type = table.columns[column]?.type ?? 'text'
  const columns = [...new Set([...listedColumns(table), column])]
  const baseline = await trial.baseline()
  const placeOf = (row: AnyRow) => canonicalValue(row[column], type)
  const without = baseline.rows.find((row) => placeOf(row) === undefined)
  if (without !== undefined) throw new ConformanceFailure(`${column} is NULL in the row ${shown(without)}`)
  /** Negative where the first row comes first. */
  const inOrder = (one: AnyRow, other: AnyRow) =>
    (compare(placeOf(one), placeOf(other), type) ?? 0) * (direction === 'asc' ? 1 : -1)
  const most = Math.max(...baseline.outcome.parts.map(({ rows }) => rows.length), 0)
  for (const limit of limitsUpTo(most)) {
    const { parts } = await trial.scan({ columns, limit, order: { column, direction } })
    for (const [index, { rows }] of parts.entries()) {
      const sorted = [...(baseline.outcome.parts[index]?.rows ?? [])].sort(inOrder)
      const last = sorted[Math.min(limit, sorted.length) - 1]
      if (last === undefined) continue
      const expected = sorted.filter((row) => inOrder(row, last) <= 0)
      const missing = baseline.missing(expected, rows, columns)
      if (missing !== undefined) {
        throw new ConformanceFailure(
          `of the first ${limit} rows and those that share the last one's place, it lacks ${shown(missing, [column, ...columns])}`,
        )
      }
    }
  }
}
