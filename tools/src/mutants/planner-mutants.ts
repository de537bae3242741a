/** Wrong planners: what a statement's names, conditions and columns are taken for. */
import { type Mutant, mutantsOf } from './mutant.js'

const engine = 'sql-engine/src/engine.test.ts'
const places = 'sql-engine/src/qual-places.test.ts'
const answers = 'sql-engine/src/planner-answers.test.ts'
const shapes = 'sql-engine/src/key-shapes.test.ts'
const columns = 'sql-engine/src/nested-columns.test.ts'
const bounds = 'sql-engine/src/time-bounds.test.ts'

const algebra = 'sql-engine/src/condition-algebra.test.ts'

const plan = (name: string) => `sql-engine/src/plan/${name}.ts`

export const plannerMutants: readonly Mutant[] = [
  ...mutantsOf(
    plan('comparisons'),
    [algebra, places],
    [
      [
        'NOT (a AND b) is NOT a AND NOT b',
        "if (boolop === 'AND_EXPR') return alternatives(args.map((part) => this.#ofFalse(part, within)))",
        "if (boolop === 'AND_EXPR') return args.flatMap((part) => this.#ofFalse(part, within))",
      ],
      [
        'OR is AND',
        'return alternatives(arms.map((arm) => this.of(arm, within)))',
        'return arms.flatMap((arm) => this.of(arm, within))',
      ],
      [
        'an arm of OR that says nothing is left out',
        'if (matching.length < others.length) continue',
        'if (matching.length < 1) continue',
      ],
      [
        "BETWEEN's upper bound is <",
        "...this.#on(column, within, { operator: '<=', node: second }),",
        "...this.#on(column, within, { operator: '<', node: second }),",
      ],
      [
        "BETWEEN's lower bound is >",
        "...this.#on(column, within, { operator: '>=', node: first }),",
        "...this.#on(column, within, { operator: '>', node: first }),",
      ],
      ['BETWEEN SYMMETRIC is BETWEEN', 'if (isSymmetric) {', 'if (isSymmetric && bounds.length > 2) {'],
      [
        'NOT (x < y) is x > y',
        "['<', '>='],\n  ['>', '<='],\n  ['~~'",
        "['<', '>'],\n  ['>=', '<='],\n  ['~~'",
      ],
      [
        'x < k is k < x',
        "['<', '>'],\n  ['>', '<'],\n  ['<=', '>='],\n  ['>=', '<='],\n])\n\nconst negatorPairs",
        "['<', '<'],\n  ['>', '>'],\n  ['<=', '<='],\n  ['>=', '>='],\n])\n\nconst negatorPairs",
      ],
      [
        'a row is less where its first column is',
        "['<', '<='],\n  ['<=', '<='],\n  ['>', '>='],",
        "['<', '<'],\n  ['<=', '<='],\n  ['>', '>'],",
      ],
      [
        'NOT IN is IN',
        "if (name === '=') {\n          const sources",
        "if (name === '=' || name === '<>') {\n          const sources",
      ],
      [
        'IS NULL is IS NOT NULL under NOT',
        "const operator = nullTest.nulltesttype === 'IS_NULL' ? 'is not null' : 'is null'",
        "const operator = nullTest.nulltesttype === 'IS_NULL' ? 'is null' : 'is not null'",
      ],
      [
        'IS FALSE is IS TRUE',
        "return booltesttype === 'IS_FALSE' ? this.#ofFalse(arg, within) : []",
        "return booltesttype === 'IS_FALSE' && arg !== undefined ? this.of(arg, within) : []",
      ],
      [
        'IS NOT TRUE is IS FALSE',
        "if (booltesttype === 'IS_TRUE') return",
        "if (booltesttype === 'IS_NOT_TRUE') return this.#ofFalse(arg, within)\n      if (booltesttype === 'IS_TRUE') return",
      ],
      [
        'a pattern with wildcards is a value',
        "/[%_\\\\]/.test(pattern.sval ?? '')",
        "/[%\\\\]/.test(pattern.sval ?? '')",
      ],
      [
        '<> ALL is <> ANY',
        "case 'AEXPR_OP_ANY': {\n        if (name !== '=') return []",
        "case 'AEXPR_OP_ANY': {\n        if (name !== '=' && name !== '<>') return []",
      ],
      [
        'a column of another query is one of this',
        'bound.fromItem.block !== within) return []',
        'bound.fromItem.block === undefined) return []',
      ],
      [
        '(x = 1) = false is x = 1',
        'return truth.value ? this.of(truth.expression, within) : this.#ofFalse(truth.expression, within)',
        'return this.of(truth.expression, within)',
      ],
    ],
  ),
  ...mutantsOf(
    plan('find-pushables'),
    [engine, places, answers, shapes],
    [
      ['ON of a left join narrows its left side', 'return clause.right.has(target.anchor)', 'return true'],
      ['ON of a right join narrows its right side', 'return clause.left.has(target.anchor)', 'return true'],
      ['ON of a full join narrows', "case 'full':\n      return false", "case 'full':\n      return true"],
      [
        'IS NULL passes below an outer join',
        'if (mayHoldOfNull(comparison) && (target.nullable || nullable.has(target.anchor))) return false',
        'if (mayHoldOfNull(comparison) && target.nullable) return false',
      ],
      [
        'IS NULL passes below a nested outer join',
        'if (mayHoldOfNull(comparison) && (target.nullable || nullable.has(target.anchor))) return false',
        'if (mayHoldOfNull(comparison) && nullable.has(target.anchor)) return false',
      ],
      [
        'IS NOT DISTINCT FROM passes below an outer join',
        "return comparison.sources.some((source) => source.kind !== 'boolean' && source.matchesNull === true)",
        'return false',
      ],
      ['bounds meet that do not', 'sameTree(comparison.node, node),', 'true,'],
      [
        'ON of an outer join inside EXISTS narrows',
        "if (inner.clause.kind === 'on' && inner.clause.join !== 'inner') continue",
        "if (inner.clause.kind === 'on' && inner.clause.join === 'full') continue",
      ],
      [
        'EXISTS of an aggregate narrows',
        'if (block === undefined || !this.#traces.passesConditions(block)) return []',
        'if (block === undefined) return []',
      ],
    ],
  ),
  ...mutantsOf(
    plan('column-traces'),
    [shapes, answers, engine, places],
    [
      ['conditions pass through LIMIT', 'select.limitCount !== undefined ||', ''],
      ['conditions pass through OFFSET', 'select.limitOffset !== undefined ||', ''],
      [
        'conditions pass into groups by something else',
        'if (isGrouped && !this.#isGroupingColumn(query, column)) return false',
        '',
      ],
      [
        'conditions pass into DISTINCT ON something else',
        'const isDistinct = on.length === 0 || on.some((item) => this.#isColumn(item, column, query, index))',
        'const isDistinct = true',
      ],
      [
        'conditions pass into windows of other partitions',
        'this.#isIn(window, column, query),',
        'window !== undefined,',
      ],
      [
        'conditions pass into a CTE that is read twice',
        "fromItem.kind === 'cte' && fromItem.cte.references === 1 &&",
        "fromItem.kind === 'cte' &&",
      ],
      [
        'an outer join inside a subquery fills nothing with NULL',
        'nullable: traced.nullable || isNullable',
        'nullable: traced.nullable',
      ],
      [
        'conditions pass over volatile functions',
        '    if (this.#isVolatile(expressions)) return false\n',
        '',
      ],
      [
        'what is EXISTS may be grouped',
        'select.groupClause !== undefined ||\n      select.havingClause !== undefined ||\n      select.larg',
        'select.larg',
      ],
    ],
  ),
  ...mutantsOf(
    plan('seen-through'),
    [shapes, bounds, engine],
    [
      [
        'an order by a collation is any order',
        'if (isCollated && !collationless.has(comparison.operator)) return []',
        '',
      ],
      [
        'a text of a value is a value',
        'const reading = first && readingOf(first, type)',
        "const reading = first && readingOf(first, type) && 'text'",
      ],
      [
        'host() tells addresses with netmasks',
        "const isOne = reading !== 'host' || key?.hostsOnly === true",
        'const isOne = true',
      ],
      [
        'an upper bound is a lower one',
        "return [{ values: comparison.bounds ?? [comparison.node], side: 'upper' }]",
        "return [{ values: comparison.bounds ?? [comparison.node], side: 'lower' }]",
      ],
    ],
  ),
  ...mutantsOf(
    plan('monotone'),
    [bounds],
    [
      [
        'of several values, the first bounds all',
        "const widest = others.length === 0 ? first : extremeNode(isLower ? 'least' : 'greatest', bounds)",
        'const widest = first',
      ],
      [
        'the narrowest of several values bounds all',
        "extremeNode(isLower ? 'least' : 'greatest', bounds)",
        "extremeNode(isLower ? 'greatest' : 'least', bounds)",
      ],
      [
        'what falls rises',
        "const isLower = (side === 'lower') !== falls",
        "const isLower = side === 'lower'",
      ],
      [
        "a bigint's lower bound is rounded up",
        "callNode(isLower ? 'floor' : 'ceil', widest)",
        "callNode(isLower ? 'ceil' : 'floor', callNode('round', widest))",
      ],
    ],
  ),
  ...mutantsOf(
    plan('monotone-steps'),
    [bounds],
    [
      [
        'midnight stands for itself',
        "const farthest = type === 'date' && side === 'upper' ? '2 days' : '1 day'",
        "const farthest = '0 days'",
      ],
      [
        'date_trunc gives its argument',
        "return side === 'lower' ? farther : shifted(farther, side, length)",
        'return value',
      ],
      [
        'date_bin gives its argument',
        "return side === 'lower' ? farther : operationNode(farther, '+', castNode(first, 'interval'))",
        'return value',
      ],
      [
        'an interval that is added is added again',
        "return rising(kind, (value, side) => shifted(operationNode(value, '-', other), side, '5 days'))",
        "return rising(kind, (value, side) => shifted(operationNode(value, '+', other), side, '0 days'))",
      ],
      [
        'a quotient is not cut off',
        "wider(operationNode(value, '*', number), side, Math.ceil(size))",
        "wider(operationNode(value, '*', number), side, 0)",
      ],
      ['negative factors keep the order', "case '*':\n      if (!(size > 0)) return undefined", "case '*':"],
      [
        'floor gives its argument',
        "return rounds ? rising('numeric', (value, side) => wider(value, side, 1)) : undefined",
        "return rounds ? rising('numeric', (value) => value) : undefined",
      ],
      [
        'a difference to a constant rises',
        "if (operator !== '-' || place !== 'right') return undefined\n  return falling('span'",
        "if (operator !== '-' || place !== 'right') return undefined\n  return rising('span'",
      ],
      [
        'clocks are never changed',
        "shifted(atTimeZoneNode(value, first), side, '1 day')",
        'atTimeZoneNode(value, first)',
      ],
    ],
  ),
  ...mutantsOf(
    plan('textual-value'),
    ['sql-engine/src/plan/textual-value.test.ts', shapes],
    [
      [
        'netmasks are longer than addresses',
        "if (reading === 'host' || Number(length) > longest) return undefined",
        'if (Number(length) > longest) return undefined',
      ],
      [
        'a cast fromItems the netmask out',
        "if (length === undefined) return reading === 'text' ? undefined : address",
        'if (length === undefined) return address',
      ],
    ],
    'the value that is asked for is one too many: PostgreSQL drops its rows',
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
        'if (isPlain) this.#wantWhole(block)',
        'if (isPlain) this.#computedWhole.add(block)',
      ],
      ['ORDER BY reads nothing', 'this.#readItems(deciding, block)', ''],
      ['GROUP BY reads nothing', '[...(groupClause ?? []), ...(distinct', '[...(distinct'],
      [
        'USING reads nothing',
        "for (const { expression, clause } of block.conditions) if (clause.kind === 'on') this.read(expression)",
        '',
      ],
      [
        'EXISTS reads no rows',
        "this.#readQuery(select, subLinkType === 'EXISTS_SUBLINK' ? 'rows' : 'whole')",
        "if (subLinkType !== 'EXISTS_SUBLINK') this.#readQuery(select, 'whole')",
      ],
      [
        'a name of a row is nothing',
        'if (this.#fromItems.some((fromItem) => fromItem.name === name)) this.#readRows(name)',
        '',
      ],
      [
        'queries that change data are read only where they are named',
        "if (inside(query, 'SelectStmt') === undefined) this.read(query)",
        '',
      ],
      [
        'columns are one further',
        "const own = ownColumn(fromItem, { fromItem, column: '', index })",
        "const own = ownColumn(fromItem, { fromItem, column: '', index: index === 0 ? 1 : index - 1 })",
      ],
      [
        'HAVING reads nothing',
        'this.read([fromClause, whereClause, havingClause, valuesLists])',
        'this.read([fromClause, whereClause, valuesLists])',
      ],
    ],
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
      ['what fails is left out', 'return tag !== undefined &&', 'return true ||'],
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
        'what is joined by anything is joined',
        'if (isJoin && !isEquality(condition.expression)) continue',
        'if (isJoin) continue',
      ],
      [
        'the values of rows that an outer join makes are all there',
        'if (!isReal && !isStrict(expression)) return undefined',
        '',
      ],
    ],
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
        'if (first === undefined) return binding.columnOf(reference)',
        'return binding.columnOf(reference)',
      ],
    ],
  ),
  ...mutantsOf(
    plan('never-read'),
    [engine, answers],
    [
      [
        'OR false drops all',
        "if (select?.limitOption === 'LIMIT_OPTION_COUNT' && isConstant(select.limitCount, 0)) return true",
        "if (select?.limitOption === 'LIMIT_OPTION_COUNT') return true",
      ],
      [
        'ON false of a left join drops its left side',
        "return (join === 'left' && right.has(fromItem)) || (join === 'right' && left.has(fromItem))",
        'return true',
      ],
    ],
  ),
  ...mutantsOf(
    plan('constant-condition'),
    [engine, places],
    [
      [
        'an OR with one arm that is false is false',
        "if (boolop === 'OR_EXPR') return args.every(isNeverTrue)",
        "if (boolop === 'OR_EXPR') return args.some(isNeverTrue)",
      ],
    ],
  ),
  ...mutantsOf(
    plan('equal-columns'),
    [engine, answers, places],
    [
      [
        'equalities of outer joins hold always',
        "anchor !== undefined && (clause.kind !== 'on' || clause.join === 'inner')",
        'anchor !== undefined',
      ],
    ],
  ),
  ...mutantsOf(
    plan('key-values'),
    ['sql-engine/src/plan/key-values.test.ts', answers],
    [
      [
        'fractions of integers are cut off',
        'const integer = /^(-?\\d+)(\\.0*)?$/.exec(json)?.[1]',
        'const integer = /^(-?\\d+)(\\.\\d*)?$/.exec(json)?.[1]',
      ],
      [
        'time zones go the other way',
        "return local - BigInt(sign === '-' ? -offsetTotal : offsetTotal) * 1_000_000n",
        "return local + BigInt(sign === '-' ? -offsetTotal : offsetTotal) * 1_000_000n",
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/bind/scope.ts',
    [answers, engine, columns],
    [
      [
        'a name that two tables have is that of the first',
        'if (holders.length === 1) return columnOfFromItem(only, name)',
        'return columnOfFromItem(only, name)',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/bind/from-binder.ts',
    [answers, engine, columns],
    [
      [
        'USING of a right join gives the left column',
        "const value = kind === 'full' ? undefined : kind === 'right' ? rightColumn : leftColumn",
        'const value = leftColumn',
      ],
      [
        'a left join fills nothing with NULL',
        "if (kind === 'left' || kind === 'full') addSide(allFromItems(right), { join, side: 'right' })",
        "if (kind === 'full') addSide(allFromItems(right), { join, side: 'right' })",
      ],
      [
        'a star gives merged columns last',
        'return [...first, ...[...left.star, ...right.star].filter(({ name }) => !names.has(name))]',
        'return [...[...left.star, ...right.star].filter(({ name }) => !names.has(name)), ...first]',
      ],
    ],
  ),
]
