/** Wrong scans: what is left out of what is fetched, other than by conditions. */
import { type Mutant, mutantsOf } from './mutant.js'

const engine = 'sql-engine/src/engine.test.ts'
const places = 'sql-engine/src/qual-places.test.ts'
const answers = 'sql-engine/src/planner-answers.test.ts'
const columns = 'sql-engine/src/nested-columns.test.ts'
const bounds = 'sql-engine/src/time-bounds.test.ts'
const plan = (name: string) => `sql-engine/src/plan/${name}.ts`

export const scanMutants: readonly Mutant[] = [
  ...mutantsOf(
    plan('uncertain-names'),
    [columns, engine, answers],
    [
      ['a name of a row is nothing', '...(isRow ? this.#rowsOf(name) : [])', ''],
      [
        'a name that is no column is nothing',
        "columnsNamed(fromItem, name) : [{ kind: 'row', fromItem }]",
        'columnsNamed(fromItem, name) : []',
      ],
    ],
  ),
  ...mutantsOf(
    plan('needed-columns'),
    [columns, engine, answers],
    [
      [
        'only the first arm of a set operation is read',
        'for (const arm of this.#armsOf(select)) this.#wantAt(arm, index)',
        'for (const arm of this.#armsOf(select).slice(0, 1)) this.#wantAt(arm, index)',
      ],
      ['UNION compares only what is read', 'if (!keepsAll) this.#wantWhole(arm)', ''],
      [
        'DISTINCT compares only what is read',
        'if (isPlain && !dropsRepeats) this.#wantWhole(block)',
        'if (isPlain && !dropsRepeats) this.#computedWhole.add(block)',
      ],
      ['ORDER BY reads nothing', 'this.#readItems(deciding, block)', ''],
      ['GROUP BY reads nothing', '[...(groupClause ?? []), ...(distinct', '[...(distinct'],
      [
        'USING reads nothing',
        "if (clause.kind === 'on' && !isOfJoinWith(superfluous, clause)) this.read(expression)",
        '',
      ],
      [
        'EXISTS reads no rows',
        "this.#readQuery(select, isExists ? 'rows' : 'whole')",
        "if (!isExists) this.#readQuery(select, 'whole')",
      ],
      [
        'columns are one further',
        "const own = ownColumn(fromItem, { fromItem, column: '', index })",
        "const own = ownColumn(fromItem, { fromItem, column: '', index: index === 0 ? 1 : index - 1 })",
      ],
      [
        'HAVING reads nothing',
        'whereClause, havingClause, valuesLists, failingItems',
        'whereClause, valuesLists, failingItems',
      ],
    ],
  ),
  ...mutantsOf(
    plan('needed-columns'),
    [columns, engine, answers],
    [
      [
        'queries that change data are read only where they are named',
        "if (inside(query, 'SelectStmt') === undefined) this.read(query)",
        '',
      ],
    ],
    'no random statement writes',
  ),
  ...mutantsOf(
    plan('discardable'),
    [columns],
    [
      [
        'functions that make rows are left out',
        'return over !== undefined || functions.isPlain(name) || functions.isAggregate(name)',
        'return true',
      ],
      [
        'what fails is left out',
        'if (functions.hasShadowedOperators || qualified.length > 0) return false',
        'return true',
      ],
    ],
  ),
  ...mutantsOf(
    plan('key-query'),
    [engine, answers, places],
    [
      [
        'a left join keeps its left side to itself',
        'return anchor !== undefined && clause.right.has(anchor)',
        'return true',
      ],
      [
        'conditions of rows that an outer join fills hold of keys',
        'if (fromItems.some((fromItem) => condition.nullable.has(fromItem))) continue',
        '',
      ],
      [
        'conditions that fail of rows without a match are checked of all',
        "if (clause.kind !== 'on' || clause.join === 'inner') return false",
        'return false',
      ],
      [
        'the values of rows that an outer join makes are all there',
        'if (!isReal && !isStrict(expression, this.#functions)) return undefined',
        '',
      ],
    ],
  ),
  ...mutantsOf(
    plan('key-query'),
    [engine, answers, places],
    [
      [
        'what is joined by anything is joined',
        'if (isJoin && !isEquality(condition.expression)) continue',
        'if (isJoin) continue',
      ],
    ],
    'more values are asked for than are needed, and no fewer',
  ),
  ...mutantsOf(
    plan('pushable-limit'),
    [engine, answers, bounds],
    [
      [
        'LIMIT counts rows that a wider bound lets through',
        'return isTold && areExact && ofCondition.length',
        'return isTold && ofCondition.length',
      ],
      ['LIMIT counts rows before DISTINCT', 'select.distinctClause !== undefined ||', ''],
      ['LIMIT counts rows before GROUP BY', 'select.groupClause !== undefined ||', ''],
      ['LIMIT counts rows of a join', 'block.fromItems.length !== 1 ||', ''],
      [
        'OFFSET is not counted',
        '? [limitCount] : [limitCount, limitOffset]',
        '? [limitCount] : [limitCount]',
      ],
      [
        'LIMIT counts rows that conditions drop',
        'return isTold && areExact && ofCondition.length === comparisonsIn(condition.expression)',
        'return isTold && areExact',
      ],
    ],
  ),
  ...mutantsOf(
    plan('pushable-order'),
    [engine, answers],
    [
      [
        'the last rows are the first',
        "const direction = sortBy?.sortby_dir === 'SORTBY_DESC' ? 'desc' : 'asc'",
        "const direction = sortBy?.sortby_dir === 'SORTBY_DESC' ? 'asc' : 'desc'",
      ],
      [
        'a name of the output is one of the table',
        'if (fields?.length !== 1) return undefined',
        'if (fields !== undefined) return undefined',
      ],
    ],
  ),
]
