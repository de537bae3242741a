/** Wrong scans: columns that seem to decide nothing. */
import { type Mutant, mutantsOf } from './mutant.js'

const columns = 'sql-engine/src/nested-columns.test.ts'
const plan = (name: string) => `sql-engine/src/plan/${name}.ts`

export const unreadMutants: readonly Mutant[] = [
  ...mutantsOf(
    plan('anti-joins'),
    ['sql-engine/src/plan/anti-joins.test.ts', 'sql-engine/src/anti-joins.test.ts'],
    [
      [
        'a column that is not NULL leaves nothing',
        "test?.nulltesttype === 'IS_NULL' ?",
        'test !== undefined ?',
      ],
      [
        'any column on the side decides',
        'return other?.fromItem === column.fromItem && other.index === column.index',
        'return other?.fromItem === column.fromItem',
      ],
      [
        'a full join fills one side',
        "return clause.join === 'right' ? clause.left : undefined",
        "return clause.join === 'right' || clause.join === 'full' ? clause.left : undefined",
      ],
      [
        'whatever is compared with NULL is not true',
        "    case 'AEXPR_IN':\n    case 'AEXPR_BETWEEN':\n      return isSame(column, lexpr, binding)",
        "    case 'AEXPR_NOT_DISTINCT':\n    case 'AEXPR_DISTINCT':\n    case 'AEXPR_IN':\n    case 'AEXPR_BETWEEN':\n      return isSame(column, lexpr, binding)",
      ],
      [
        'IS NULL is not true of NULL',
        "return test.nulltesttype === 'IS_NOT_NULL' && isSame",
        'return isSame',
      ],
      [
        'conditions of an inner join fill a side',
        "if (clause.join === 'left') return clause.right",
        "if (clause.join !== 'right') return clause.right",
      ],
    ],
  ),
  ...mutantsOf(
    plan('anti-joins'),
    ['sql-engine/src/plan/anti-joins.test.ts'],
    [
      [
        'conditions of a query around it fail for no values',
        'parent.conditions.every(({ expression }) => cannotFail(expression, functions)) &&',
        '',
      ],
      [
        'outputs that a query around it compares fail for no values',
        'block.output?.every(({ reads }) => isColumns(reads) || cannotFail(reads, functions)) === true &&',
        '',
      ],
      ['a query beside it looks at no rows that are left out', 'another === undefined &&', ''],
    ],
    'only what fails in PostgreSQL shows it',
  ),
  ...mutantsOf(
    plan('needed-columns'),
    [columns, 'sql-engine/src/plan/anti-joins.test.ts'],
    [
      [
        'a query within looks at no rows that are left out',
        'this.#empty.reading(undefined, () => this.#reachQuery(block))',
        'this.#reachQuery(block)',
      ],
    ],
    'only what fails in PostgreSQL shows it',
  ),
]
