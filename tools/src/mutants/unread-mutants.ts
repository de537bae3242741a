/** Wrong scans: columns that seem to decide nothing. */
import { type Mutant, mutantsOf } from './mutant.js'

const columns = 'sql-engine/src/nested-columns.test.ts'
const plan = (name: string) => `sql-engine/src/plan/${name}.ts`

export const unreadMutants: readonly Mutant[] = [
  ...mutantsOf(
    'sql-engine/src/plan/simplified-exists.ts',
    ['sql-engine/src/plan/needed-columns.test.ts'],
    [
      [
        'an EXISTS computes no aggregates',
        'isRowWise([targetList, sortClause, distinctClause], functions)',
        'true',
      ],
    ],
  ),
  ...mutantsOf(
    plan('column-reference'),
    ['sql-engine/src/plan/anti-joins.test.ts', 'sql-engine/src/anti-joins.test.ts'],
    [
      [
        'any column on the side decides',
        'return other?.fromItem === column.fromItem && other.index === column.index',
        'return other?.fromItem === column.fromItem',
      ],
    ],
  ),
  ...mutantsOf(
    plan('anti-joins'),
    ['sql-engine/src/plan/anti-joins.test.ts', 'sql-engine/src/anti-joins.test.ts'],
    [
      [
        'a column that is not NULL leaves nothing',
        "if (test?.nulltesttype === 'IS_NULL') return",
        'if (test !== undefined) return',
      ],
      [
        'NOT changes nothing',
        "if (negated?.nulltesttype === 'IS_NOT_NULL') return",
        'if (negated !== undefined) return',
      ],
      [
        'whatever is tested is true',
        "if (booltesttype === 'IS_TRUE' || booltesttype === 'IS_NOT_FALSE') return",
        'if (booltesttype !== undefined) return',
      ],
      ['whatever is equal is NULL', 'if (isNull(rexpr)) return lexpr', 'return lexpr'],
      [
        'what fills a table fills all others',
        'if ([...fromItem.nullable].every((side) => isIn(side, one.nullable))) empty.add(one)',
        'empty.add(one)',
      ],
      [
        'a condition of an outer join is true of all pairs',
        "clause.join === 'inner' &&",
        "clause.join !== 'full' &&",
      ],
      ['any column of a subquery has no NULL', 'return isCompared || (', 'return true || ('],
      [
        'what an outer join fills has no NULL',
        'column.fromItem.nullable.size === 0 && hasNoNull',
        'hasNoNull',
      ],
      ['groups of ROLLUP have no NULL', 'groupClause !== undefined ||', ''],
      [
        'a full join fills one side',
        "return clause.join === 'right' ? clause.left : undefined",
        "return clause.join === 'right' || clause.join === 'full' ? clause.left : undefined",
      ],
      [
        'whatever is compared with NULL is not true',
        "    case 'AEXPR_IN':\n    case 'AEXPR_BETWEEN':\n      return isReferenceTo(column, lexpr, binding)",
        "    case 'AEXPR_NOT_DISTINCT':\n    case 'AEXPR_DISTINCT':\n    case 'AEXPR_IN':\n    case 'AEXPR_BETWEEN':\n      return isReferenceTo(column, lexpr, binding)",
      ],
      [
        'IS NULL is not true of NULL',
        "return test.nulltesttype === 'IS_NOT_NULL' && isReferenceTo",
        'return isReferenceTo',
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
    plan('anti-joins'),
    ['sql-engine/src/anti-joins.test.ts'],
    [
      [
        "somebody's own operator is PostgreSQL's",
        "strictOperators.has(operatorName(name) ?? '')",
        "strictOperators.has(name?.map((node) => inside(node, 'String')?.sval).at(-1) ?? '')",
      ],
    ],
    "random statements have no operators but PostgreSQL's",
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
