/** Wrong conditions once their values are known. */
import { type Mutant, mutantsOf } from './mutant.js'

const engine = 'sql-engine/src/engine.test.ts'
const answers = 'sql-engine/src/planner-answers.test.ts'
const pushing = 'sql-engine/src/run/push-quals.test.ts'

const equalCalls = 'sql-engine/src/run/equal-calls.test.ts'

export const runMutants: readonly Mutant[] = [
  ...mutantsOf(
    'sql-engine/src/run/push-quals.ts',
    [answers, engine, pushing, 'sql-engine/src/key-shapes.test.ts'],
    [
      [
        'of what two lists have in common, one value counts',
        "{ operator: '=', values: [first, ...others] }]",
        "{ operator: '=', values: [first] }]",
      ],
      [
        'what a key can never equal is what nothing does',
        'if (value === unequal) return undefined',
        "if (value === unequal) return 'nothing matches'",
      ],
      ['NULL matches no NULL', 'if (found.includes(null) && !isNeverNull(qual.key)) return undefined', ''],
      ['a LIMIT counts without the conditions that stay', 'whole: whole && isKept', 'whole: true'],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/plan/optional-scans.ts',
    ['test/src/optional-connections.test.ts'],
    [
      [
        'NULL is taken for an answer elsewhere',
        '|| isOfOther(reference, fromItem, binding)',
        '|| reference !== undefined',
      ],
      [
        'NULL decides which rows are the first',
        'isLimited && select.sortClause',
        'isLimited && select.valuesLists',
      ],
      ['what is missing is counted', 'if (!isShown(fromItem, select, binding)) return false', ''],
    ],
    'no API of the random statements fails',
  ),
  ...mutantsOf(
    'plugins/sdk/src/fulfils.ts',
    [
      'sql-engine/src/engine.test.ts',
      'plugins/aws/src/log-events/first-events.test.ts',
      'plugins/sdk/src/fulfils.test.ts',
    ],
    [
      [
        'a bound holds at its end',
        "if (own === bound) return operator === '<=' || operator === '>='",
        'if (own === bound) return true',
      ],
    ],
    "the counting plugin's own filter is another",
  ),
  ...mutantsOf(
    'sql-engine/src/run/scan-runner.ts',
    [answers, equalCalls, engine],
    [
      ['scans of other conditions are one', "limit ?? 'all', quals]", "limit ?? 'all']"],
      ['scans up to a limit are scans of all rows', "limit ?? 'all', quals]", 'quals]'],
      ['scans of other columns are one', '[...columns].sort(), limit', 'limit'],
      [
        'a LIMIT counts although conditions stay',
        "pushed.kind === 'some' && pushed.whole",
        "pushed.kind === 'some'",
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/run/stage-members.ts',
    ['sql-engine/src/run/stage-members.test.ts', 'test/src/aggregator.test.ts'],
    [
      [
        "one connection's rows are another's",
        'return cacheSource(isAlike ? own : table, member)',
        'return cacheSource(isAlike ? own : table, { id: 0 })',
      ],
      [
        'rows of other columns are the same',
        'own !== undefined && layoutOf(own) === layoutOf(table)',
        'own !== undefined',
      ],
    ],
    'random statements ask one connection',
  ),
]
