/** Whether columns hold what their types say, and cost calls only when they are asked for. */
import { faultOfValue } from './column-values.js'
import { ConformanceFailure } from './conformance-failure.js'
import { listedColumns } from './run-scan.js'
import { type Check, shown, type Trial } from './trial.js'

export function columnChecks(trial: Trial): Check[] {
  const { table } = trial
  return [
    {
      name: 'rows',
      async run() {
        const { rows } = await trial.baseline()
        if (rows.length > 0) return
        throw new ConformanceFailure(
          'the stand-in has no row for the quals: without rows nothing can be checked',
        )
      },
    },
    ...Object.entries(table.columns).map(([column, { type }]) => ({
      name: `column ${column}`,
      async run() {
        const { rows } = await trial.baseline()
        for (const row of rows) {
          const fault = hasValue(row[column]) ? faultOfValue(row[column], type) : undefined
          if (fault !== undefined) throw new ConformanceFailure(`${fault}, in the row ${shown(row)}`)
        }
      },
    })),
    { name: 'columns with values', run: () => checkSeen(trial) },
    ...costChecks(trial),
  ]
}

/** A column without a value in any row is not checked at all, so it must be known. */
async function checkSeen(trial: Trial): Promise<void> {
  const { rows } = await trial.baseline()
  const isSeen = (column: string) => rows.some((row) => hasValue(row[column]))
  const unseen = Object.keys(trial.table.columns).filter((column) => !isSeen(column))
  const known = Object.keys(trial.options.unseen).flatMap((names) =>
    names.split(',').map((name) => name.trim()),
  )
  const missing = unseen.filter((column) => !known.includes(column))
  if (missing.length > 0)
    throw new ConformanceFailure(`no row of the stand-in has a value in ${missing.join(', ')}`)
  const needless = known.filter((column) => !unseen.includes(column))
  if (needless.length > 0) throw new ConformanceFailure(`"unseen" is not true of ${needless.join(', ')}`)
}

function hasValue(value: unknown): boolean {
  return value !== null && value !== undefined
}

function costChecks(trial: Trial): Check[] {
  const { table, options } = trial
  const listed = listedColumns(table)
  return [
    ...(table.calls === undefined
      ? []
      : [
          {
            name: 'calls',
            async run() {
              const { outcome } = await trial.baseline()
              const known = [...options.commonCalls, ...(table.calls ?? []).map(({ name }) => name)]
              const unnamed = [...outcome.listCalls, ...outcome.hydrateCalls].find(
                (name) => !known.includes(name),
              )
              if (unnamed !== undefined)
                throw new ConformanceFailure(`it makes the call ${unnamed}, which its "calls" do not name`)
            },
          },
        ]),
    {
      name: 'unasked columns',
      async run() {
        const { outcome } = await trial.baseline()
        for (const column of listed) {
          const { listCalls } = await trial.scan({ columns: [column] })
          if (listCalls.length > outcome.listCalls.length) {
            throw new ConformanceFailure(
              `it makes ${listCalls.length} calls for the column ${column} alone, and ${outcome.listCalls.length} for all columns`,
            )
          }
        }
      },
    },
    ...Object.entries(table.hydrate ?? {}).map(([name, { columns }]) => ({
      name: `hydrate ${name}`,
      async run() {
        const { hydrateCalls, rows } = await trial.scan({
          columns: [...listed, ...columns],
          hydratesAll: true,
        })
        const { listCalls } = await trial.scan({ columns: listed })
        const needless = hydrateCalls.find((call) => listCalls.includes(call))
        if (needless !== undefined) {
          throw new ConformanceFailure(
            `list makes the call ${needless} of the hydrate function, though none of ${columns.join(', ')} is asked for`,
          )
        }
        const others = Object.values(table.hydrate ?? {}).flatMap((hydrate) => hydrate.columns)
        const undeclared = rows
          .flatMap((row) => Object.keys(row))
          .find((column) => others.includes(column) && !columns.includes(column))
        if (undeclared !== undefined) {
          const { rows: plain } = await trial.scan({ columns: listed })
          if (!plain.some((row) => undeclared in row)) {
            throw new ConformanceFailure(`it fetches the column ${undeclared}, which it does not name`)
          }
        }
      },
    })),
  ]
}
