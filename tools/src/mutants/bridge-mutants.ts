/** A bridge without one of its guards against what a Steampipe plugin and its SDK lose, double or misread. */
import { type Mutant, mutantsOf } from './mutant.js'

const bridge = 'test/src/steampipe/bridge.test.ts'
const lifetime = 'test/src/steampipe/lifetime.test.ts'
const tables = 'plugins/steampipe/src/tables/bridged-table.test.ts'
const log = 'plugins/steampipe/src/process/plugin-log.test.ts'
const notBridged = 'random statements ask no plugin of Steampipe'

export const bridgeMutants: readonly Mutant[] = [
  ...mutantsOf(
    'plugins/steampipe/src/tables/run-execute.ts',
    [tables],
    [
      ['rows that are missing are no error', 'fetched > received) throw', 'fetched > received + 1000) throw'],
      [
        'rows of other values stay',
        'tests.every(({ column, holds }) => holds(row[column]))',
        'tests.every(({ column, holds }) => holds(row[column]) || true)',
      ],
    ],
    notBridged,
  ),
  ...mutantsOf(
    'plugins/steampipe/src/process/plugin-log.ts',
    [log],
    [['errors of calls are not read', "if (call !== '') {", "if (call === '*') {"]],
    notBridged,
  ),
  ...mutantsOf(
    'plugins/steampipe/src/tables/bridged-table.ts',
    [tables, bridge],
    [
      [
        'a limit that was not reached is enough',
        'if (rows.length >= limit) yield rows',
        'if (rows.length >= 0) yield rows',
      ],
      ['a key in two places is an error', 'if (!isNotUnique(error)) throw error', 'throw error'],
    ],
    notBridged,
  ),
  ...mutantsOf(
    'plugins/steampipe/src/tables/without-twins.ts',
    [tables],
    [
      ['rows that are alike are one', 'if (doubtful.size === 0) return', 'if (doubtful.size >= 0) return'],
      ['rows that are alike all stay', 'if (!seen.has(key)) {', 'if (!seen.has(key) || true) {'],
    ],
    notBridged,
  ),
  ...mutantsOf(
    'plugins/steampipe/src/tables/passed-quals.ts',
    [bridge],
    [
      [
        'a time within a second is passed',
        'equal.values.every(isWholeSecond)',
        'equal.values.every(() => true)',
      ],
      [
        'an upper bound is cut to its second',
        'rest === 0n || side === -1 ? floor',
        'rest === 0n || side !== 0 ? floor',
      ],
      ['a lower bound is rounded up', 'rest === 0n || side === -1 ? floor', 'rest === 0n ? floor'],
      [
        'the widest bound is passed',
        'lower.reduce((one, other) => (other > one ? other : one))',
        'lower.reduce((one, other) => (other < one ? other : one))',
      ],
    ],
    notBridged,
  ),
  ...mutantsOf(
    'plugins/steampipe/src/tables/plan-executes.ts',
    [bridge],
    [
      [
        'rows of other lists of keys stay where the plugin is not told of the keys',
        'const promised = promisedTests(quals, keys, typeOf)',
        'const promised: readonly RowTest[] = promisedTests(quals, { ...keys, keys: {} }, typeOf)',
      ],
      [
        'all lists are passed',
        'const rest = several.filter((one) => one !== list)',
        'const rest = several.slice(several.length)',
      ],
      [
        'an empty key is passed as none',
        'return isNeeded || values.length === passed.values.length ? [{ ...passed, values }] : []',
        'return isNeeded ? [passed] : [{ ...passed, values }]',
      ],
    ],
    notBridged,
  ),
  ...mutantsOf(
    'plugins/steampipe/src/tables/key-columns.ts',
    [bridge],
    [
      [
        'regular expressions are passed',
        "if (patterns.has(operator) && type === 'text')",
        "if ((patterns.has(operator) || operator === '~') && type === 'text')",
      ],
      [
        'conditions on the columns of a connection are passed',
        "return require === 'optional' && [...operators]",
        "return require !== 'optional' && [...operators]",
      ],
    ],
    notBridged,
  ),
  ...mutantsOf(
    'plugins/steampipe/src/process/plugin-host.ts',
    [lifetime],
    [
      [
        'a process that has grown stays',
        'if (running > 0 || failures < worthReplacing.failures) return',
        'if (running >= 0 || failures < worthReplacing.failures) return',
      ],
    ],
    notBridged,
  ),
  ...mutantsOf(
    'plugins/steampipe/src/protocol/connection-messages.ts',
    [lifetime],
    [['the cache that is off is as large as it may be', 'writer.int64(4, 1)', 'writer.int64(4, 0)']],
    notBridged,
  ),
  ...mutantsOf(
    'plugins/steampipe/src/process/plugin-process.ts',
    [bridge],
    [['what it prints is not drained', 'void this.#drainPrinted()', '']],
    notBridged,
  ),
]
