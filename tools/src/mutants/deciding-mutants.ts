/** Wrong planners: what of a statement decides nothing, and what a value can never equal. */
import { type Mutant, mutantsOf } from './mutant.js'

const answers = 'sql-engine/src/planner-answers.test.ts'
const shapes = 'sql-engine/src/key-shapes.test.ts'
const columns = 'sql-engine/src/nested-columns.test.ts'

const plan = (name: string) => `sql-engine/src/plan/${name}.ts`

export const decidingMutants: readonly Mutant[] = [
  ...mutantsOf(
    plan('deciding-order'),
    [columns, 'sql-engine/src/plan/deciding-order.test.ts'],
    [
      ['numbers that are spelt otherwise are the same', "  'text',\n])", "  'text',\n  'numeric',\n])"],
      [
        'WITH TIES takes rows as LIMIT does',
        "(limitOption !== 'LIMIT_OPTION_WITH_TIES' || ignoresRepeats) &&",
        '',
      ],
      [
        'whatever is read is only compared',
        "want === 'equal' && typesOfSeveralSpellings",
        'typesOfSeveralSpellings',
      ],
      [
        'sorting by what an output shows cannot fail',
        "if (output === 'unknown') return true",
        'if (output !== undefined) return false',
      ],
      [
        'a column that is no item of the order is fixed by it',
        'if (index < 0) return sortClause',
        'if (index < 0) continue',
      ],
      [
        'rows that an outer join makes up come through the connection',
        "fromItem.kind !== 'virtual' || fromItem.nullable.size > 0",
        "fromItem.kind !== 'virtual'",
      ],
      [
        'items before the one that fixes a column decide nothing',
        'deciding = Math.max(deciding, index + 1)',
        'deciding = Math.max(deciding, Math.min(index, 1))',
      ],
      [
        'what may fail is left out',
        '(column === undefined && mayFail(sortBy, block, functions))',
        '(column === undefined && !mayFail(sortBy, block, functions))',
      ],
    ],
  ),
  ...mutantsOf(
    plan('repeats'),
    ['sql-engine/src/plan/superfluous-joins.test.ts', 'sql-engine/src/plan/needed-columns.test.ts'],
    [
      [
        'any aggregate gives the same of repeats',
        'if (agg_distinct !== true && !isIndifferent) return false',
        '',
      ],
      ['repeats go, whoever reads', 'return ignoresRepeats && takesAll(select)', 'return takesAll(select)'],
      [
        'OFFSET passes over no repeats',
        'return limitCount === undefined && limitOffset === undefined',
        'return limitCount === undefined',
      ],
      ['windows see no repeats', 'if (over !== undefined) return false', ''],
      ['JSON of repeats is the same', "findAll(expressions, 'JsonArrayAgg').length +", ''],
      ['an aggregate of another query groups this one', 'if (isOwn) isGrouped', 'isGrouped'],
      [
        'what varies is the same for repeats',
        'lockingClause !== undefined || mayVary(select, functions)',
        'lockingClause !== undefined',
      ],
      ['the second row is the first', '=== 1 && limitOffset === undefined', '=== 1'],
      ['WITH TIES, the first comes alone', "&& limitOption === 'LIMIT_OPTION_COUNT'", ''],
      [
        'a CTE is read by one that ignores repeats, and by no other',
        'if (readers === references) this',
        'this',
      ],
      ['LIMIT takes repeats as other rows', '(ignoresRepeats && takesAll(select))', 'ignoresRepeats'],
      [
        'an output that fails is not computed',
        '|| !mayDiscard(output, block, computed.has(block), functions)',
        '',
      ],
      ['HAVING looks at no group', 'havingClause === undefined &&\n', ''],
      ['windows and aggregates look at no group', 'isRowWise([expressions, sortClause], functions) &&', ''],
      [
        'what divides groups fails for no values',
        'groupClause.every((item) => isColumn(item, block, binding))',
        'groupClause.length > 0',
      ],
    ],
  ),
  ...mutantsOf(
    plan('superfluous-joins'),
    ['sql-engine/src/plan/superfluous-joins.test.ts'],
    [
      ['conditions fail for no values', '!cannotFail(join.quals, functions)', 'join.quals === undefined'],
      [
        'columns that other clauses name are not read',
        'own.has(reference) ||',
        "own.has(reference) ||\n          fromItem.kind === 'virtual' ||",
      ],
      ['stars show nothing', 'if (isShown) return false', ''],
      ['joins of columns that are not known read none', 'if (areUncertain || functions', 'if (functions'],
      [
        'USING compares nothing',
        "findAll([select, conditions], 'ColumnRef')",
        "findAll(select, 'ColumnRef')",
      ],
    ],
  ),
  ...mutantsOf(
    plan('numbered-rows'),
    [columns],
    [
      [
        'a column that no item names has one value in a place',
        'if (position < 0) return undefined',
        'if (position < 0) continue',
      ],
      ['windows that nobody reads are not computed', 'if (over !== undefined) windows.push(over)', ''],
      [
        'windows of WINDOW that nobody reads are not computed',
        "[...findAll(select.windowClause, 'WindowDef')]",
        '[]',
      ],
      ['ranks are numbers', "stringsOf(funcname)?.at(-1) === 'row_number'", 'funcname !== undefined'],
      ['an order takes any of the numbered rows', '    sortClause,\n', ''],
      [
        'items before the one that fixes a column number nothing',
        'Math.max(deciding, position + 1)',
        'Math.max(deciding, Math.min(position, 1))',
      ],
      [
        'numbers come without partitions',
        'return [...partitionClause, ...decidingItems]',
        'return decidingItems',
      ],
      [
        'whatever is spelt otherwise is the same',
        'if (!isFixed(column, want, binding, functions)) return undefined',
        '',
      ],
    ],
  ),
  ...mutantsOf(
    plan('needed-columns'),
    [columns],
    [
      [
        'numbers depend on what was read before them',
        'for (const numbered of windowOutputs(block)) if (wanted.has(numbered)) this.#readOutput(block, numbered)',
        '',
      ],
    ],
  ),
  ...mutantsOf(
    plan('compared-columns'),
    [columns],
    [
      [
        'whatever an operator makes of a value, it compares',
        '&&\n    (rangeKinds.test(kind) || comparingOperators.has(operator))',
        '',
      ],
    ],
  ),
  ...mutantsOf(
    plan('outer-tables'),
    ['sql-engine/src/plan/superfluous-joins.test.ts', 'test/src/optional-connections.test.ts'],
    [
      [
        'NULL stands on either side',
        "inside(nullable, 'RangeVar') === fromItem.rangeVar ? join",
        'nullable !== undefined ? join',
      ],
      [
        'of a full join, one side is as good as none',
        "join.jointype !== 'JOIN_LEFT' && join.jointype !== 'JOIN_RIGHT'",
        "join.jointype === 'JOIN_INNER'",
      ],
      [
        'a reference that may mean anything means something else',
        'return column !== undefined && column.fromItem !== fromItem',
        'return column?.fromItem !== fromItem',
      ],
    ],
  ),
  ...mutantsOf(
    plan('discardable'),
    ['sql-engine/src/plan/discardable.test.ts'],
    [
      [
        'what an aggregate is given fails for no values',
        'cannotFail([call.args, call.agg_filter], functions)',
        'cannotFail(call.agg_filter, functions)',
      ],
      [
        'FILTER fails for no values',
        'cannotFail([call.args, call.agg_filter], functions)',
        'cannotFail(call.args, functions)',
      ],
      [
        'whatever a function is given fails for no values',
        'functions.isOwn(name) &&\n    cannotFail(args, functions)',
        'functions.isOwn(name)',
      ],
      [
        'any pattern fails for no values',
        'patternOperators.has(operator) && pattern !== undefined',
        'patternOperators.has(operator)',
      ],
      ['what aggregates depends on no row', ' && isRowWise(node, functions)', ''],
      ['any function fails for no values', '    totalFunctions.has(name) &&\n', ''],
      ['any aggregate fails for no values', '    totalAggregates.has(name) &&\n', ''],
    ],
  ),
  ...mutantsOf(
    plan('discardable'),
    [columns],
    [
      [
        'frames begin anywhere',
        'return startOffset === undefined && endOffset === undefined && cannotFail(items, functions)',
        'return cannotFail(items, functions)',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/bind/output-types.ts',
    [shapes],
    [['columns of an ordinary table are of one type', 'fromItem.types[index]', 'fromItem.types[0]']],
    'an ordinary table whose first column is of the type of a key, beside one of a wider type that is compared with a literal',
  ),
  ...mutantsOf(
    'sql-engine/src/bind/output-types.ts',
    [shapes],
    [
      [
        'of two types the first is taken',
        "return other === 'literal' || one === other ? one : undefined",
        'return one',
      ],
    ],
  ),
  ...mutantsOf(
    plan('column-traces'),
    [shapes],
    [
      [
        'windows of outputs that are read may have any rows',
        'const seen = output.filter((_, index) => this.#needed.isRead(query, index))',
        'const seen = output.filter((_, index) => !this.#needed.isRead(query, index))',
      ],
      [
        'windows of an order may have any rows',
        'reads) ? [] : reads)), sortClause]',
        'reads) ? [] : reads))]',
      ],
    ],
  ),

  ...mutantsOf(
    plan('seen-through'),
    [shapes],
    [
      [
        'appending anything fromItems a text as it is',
        "wrapper.operator === '||' && isEmptyText(wrapper.other)",
        "wrapper.operator === '||'",
      ],
    ],
  ),
  ...mutantsOf(
    plan('write-key-query'),
    [answers],
    [
      [
        'one constant is taken for another',
        "return [number, place, literalType, cast].join(' ')",
        'return String(cast)',
      ],
    ],
  ),
  ...mutantsOf(
    plan('never-null'),
    [shapes],
    [
      [
        'columns that may be left out are never NULL',
        "return key?.require === 'required' && key.inherent !== true",
        'return key?.inherent !== true',
      ],
    ],
  ),
  ...mutantsOf(
    plan('deciding-order'),
    [columns, 'sql-engine/src/plan/deciding-order.test.ts'],
    [
      [
        'no table is asked for the first rows of which nothing is read',
        'return !isAsked && !sortClause',
        'return !sortClause',
      ],
    ],
    'other rows are asked for, but as many, and nothing of them is read',
  ),
  ...mutantsOf(
    plan('deciding-order'),
    [columns, 'sql-engine/src/plan/deciding-order.test.ts'],
    [
      [
        'rows of an aggregator come through one connection',
        'fromItem.table.connection.aggregator === undefined && engineColumns',
        'engineColumns',
      ],
    ],
    'random statements ask one connection',
  ),
  ...mutantsOf(
    plan('deciding-order'),
    [columns, 'sql-engine/src/plan/deciding-order.test.ts'],
    [
      [
        'outputs that make several rows of one decide nothing',
        'if (!isColumns(reads) && !isDiscardable(reads, functions)) return undefined',
        'if (!isColumns(reads) && !isDiscardable(reads, functions)) continue',
      ],
    ],
  ),
  ...mutantsOf(
    plan('repeats'),
    ['sql-engine/src/plan/superfluous-joins.test.ts', 'sql-engine/src/plan/needed-columns.test.ts'],
    [
      [
        'an aggregate in FROM groups what reads it',
        'const expressions = [targetList,',
        'const expressions = [select.fromClause, targetList,',
      ],
    ],
    'more is fetched than is needed, and no less',
  ),
  ...mutantsOf(
    plan('repeats'),
    ['sql-engine/src/plan/superfluous-joins.test.ts', 'sql-engine/src/plan/needed-columns.test.ts'],
    [['the first row is as good as any', ' && wanted.size === 0', '']],
    'which row is the first is up to PostgreSQL without an order; with one, the columns of that are read',
  ),
  ...mutantsOf(
    plan('repeats'),
    ['sql-engine/src/plan/superfluous-joins.test.ts', 'sql-engine/src/plan/needed-columns.test.ts'],
    [['what DISTINCT ON takes is any row', 'if (distinctOn(distinctClause).length > 0) return false', '']],
    'without an order, DISTINCT ON may give any row; with one, the columns of that are read',
  ),
  ...mutantsOf(
    plan('numbered-rows'),
    [columns],
    [['LIMIT takes any of the numbered rows', '    select.limitCount,\n', '']],
    'which rows LIMIT leaves without an order is up to PostgreSQL',
  ),
  ...mutantsOf(
    plan('pushable-limit'),
    ['sql-engine/src/plan/deciding-order.test.ts'],
    [
      [
        'the first rows are asked for, whatever is read',
        'const isOrdered = sortClause !== undefined && needed.isOrderRead(block)',
        'const isOrdered = sortClause !== undefined',
      ],
    ],
    'other rows are asked for, but as many, and nothing of them is read',
  ),
]
