/** Whether keys fetch what their conditions leave: more perhaps, less never. */
import type { Column } from '../column.js'
import type { Operator, Qual, QualValue } from '../qual.js'
import type { Key } from '../table.js'
import { canonicalValue, isHost } from './column-values.js'
import { ConformanceFailure } from './conformance-failure.js'
import { judge } from './judge.js'
import { probeValues, qualsOf } from './probe-quals.js'
import { type AnyQuals, listedColumns, type ScanOutcome } from './run-scan.js'
import { type Baseline, type Check, shown, type Trial } from './trial.js'

export function keyChecks(trial: Trial): Check[] {
  const { table } = trial
  return Object.entries(table.keys).flatMap(([name, key]) => {
    const column = table.columns[name]
    return key === undefined || column === undefined ? [] : new KeyChecks(trial, name, key, column).all()
  })
}

class KeyChecks {
  readonly #columns: readonly string[]
  /** What conditions have found: that a key is inherent is read from the same rows. */
  readonly #found = new Map<string, Promise<ScanOutcome>>()

  constructor(
    readonly trial: Trial,
    readonly name: string,
    readonly key: Key,
    readonly column: Column,
  ) {
    this.#columns = [...new Set([...listedColumns(trial.table), name])]
  }

  all(): Check[] {
    const { name, key } = this
    return [
      ...key.operators.map((operator) => ({
        name: `key ${name} ${operator}`,
        run: () => this.#checkOperator(operator),
      })),
      ...(key.inherent === true ? [{ name: `key ${name} inherent`, run: () => this.#checkInherent() }] : []),
      ...(key.immutable === true
        ? [{ name: `key ${name} immutable`, run: () => this.#checkImmutable() }]
        : []),
      ...(key.hostsOnly === true
        ? [{ name: `key ${name} hostsOnly`, run: () => this.#checkHostsOnly() }]
        : []),
    ]
  }

  /** Conditions to ask for; values come from the rows, and from the options. */
  #quals(operator: Operator, baseline: Baseline): Qual<QualValue>[] {
    const { name, column, trial } = this
    const given = trial.options.values()[name] ?? []
    const own = probeValues(
      baseline.rows.map((row) => row[name]),
      column.type,
    )
    // Nearly all rows are none of this, and must come.
    const isNegative = operator === '<>' || operator.startsWith('!')
    const other = isNegative && column.type === 'text' ? ['no value of the rows'] : []
    return qualsOf(operator, [...given, ...own, ...other], column)
  }

  #withQual(qual: Qual<QualValue>): AnyQuals {
    const quals = this.trial.options.quals()
    const kept = (quals[this.name] ?? []).filter(({ operator }) => operator !== '=' || qual.operator !== '=')
    return { ...quals, [this.name]: [...kept, qual] }
  }

  #find(qual: Qual<QualValue>): Promise<ScanOutcome> {
    const text = textOf(this.name, qual)
    const found =
      this.#found.get(text) ?? this.trial.scan({ columns: this.#columns, quals: this.#withQual(qual) })
    this.#found.set(text, found)
    return found
  }

  async #checkOperator(operator: Operator): Promise<void> {
    const { name, key, column, trial } = this
    const baseline = await trial.baseline()
    const quals = this.#quals(operator, baseline)
    if (quals.length === 0) {
      throw new ConformanceFailure(
        `there is nothing to ask for: no row has a value in ${name}, and no values are given`,
      )
    }
    const isExact = key.exact?.includes(operator) === true
    const isLimited = isExact || (operator === '=' && key.valuesPerCall !== undefined)
    let hasSeen = false
    for (const qual of quals) {
      const { rows, parts } = await this.#find(qual)
      hasSeen ||= rows.length > 0
      const expected = baseline.rows.filter((row) => judge(qual, row[name], column) === 'true')
      const missing = baseline.missing(expected, rows, this.#columns)
      if (missing !== undefined)
        throw new ConformanceFailure(`${textOf(name, qual)} loses the row ${shown(missing)}`)
      const extra = isExact ? rows.find((row) => judge(qual, row[name], column) === 'false') : undefined
      if (extra !== undefined) {
        throw new ConformanceFailure(
          `"exact" is not true of ${textOf(name, qual)}: it yields the row ${shown(extra)}`,
        )
      }
      if (key.valuesPerCall !== undefined && operator === '=') {
        for (const part of parts) {
          const other = part.rows.find((row) =>
            (part.quals[name] ?? []).some((own) => judge(own, row[name], column) === 'false'),
          )
          if (other === undefined) continue
          throw new ConformanceFailure(
            `a call for other values of ${name} yields the row ${shown(other)}, against the promise of "valuesPerCall"`,
          )
        }
      }
      if (isLimited && expected.length > 0) {
        const limited = await trial.scan({ columns: this.#columns, quals: this.#withQual(qual), limit: 1 })
        if (limited.rows.every((row) => judge(qual, row[name], column) === 'false')) {
          throw new ConformanceFailure(`${textOf(name, qual)} with a limit of 1 yields no row`)
        }
      }
    }
    if (!hasSeen && operator === '=')
      throw new ConformanceFailure('no condition that was asked for has found a row')
  }

  async #checkInherent(): Promise<void> {
    const { name, key, column, trial } = this
    const baseline = await trial.baseline()
    const base = trial.options.quals()[name]
    for (const qual of key.operators.flatMap((operator) => this.#quals(operator, baseline))) {
      const { rows } = await this.#find(qual)
      const left = rows.filter(
        (row) =>
          judge(qual, row[name], column) === 'true' &&
          (base ?? []).every((own) => judge(own, row[name], column) === 'true'),
      )
      const missing = baseline.missing(left, baseline.rows, this.#columns)
      if (missing === undefined) continue
      throw new ConformanceFailure(
        `without a condition on it, this row is not there, which ${textOf(name, qual)} finds: ${shown(missing)}`,
      )
    }
  }

  async #checkImmutable(): Promise<void> {
    const baseline = await this.trial.baseline()
    if (baseline.isSteady(this.name)) return
    throw new ConformanceFailure(`${this.name} has other values when it is read again`)
  }

  async #checkHostsOnly(): Promise<void> {
    const { rows } = await this.trial.baseline()
    const network = rows.find(
      (row) => canonicalValue(row[this.name], 'inet') !== undefined && !isHost(row[this.name]),
    )
    if (network !== undefined)
      throw new ConformanceFailure(`it is no single address in the row ${shown(network)}`)
  }
}

function textOf(name: string, qual: Qual): string {
  if (qual.operator === '=') return `${name} = ${qual.values.map(String).join(' or ')}`
  return 'value' in qual ? `${name} ${qual.operator} ${String(qual.value)}` : `${name} ${qual.operator}`
}
