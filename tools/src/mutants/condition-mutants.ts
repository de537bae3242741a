/** Wrong conditions: what a statement is taken to say of its rows, and where that holds. */
import { type Mutant, mutantsOf } from './mutant.js'

const engine = 'sql-engine/src/engine.test.ts'
const places = 'sql-engine/src/qual-places.test.ts'
const answers = 'sql-engine/src/planner-answers.test.ts'
const shapes = 'sql-engine/src/key-shapes.test.ts'
const algebra = 'sql-engine/src/condition-algebra.test.ts'
const plan = (name: string) => `sql-engine/src/plan/${name}.ts`

export const conditionMutants: readonly Mutant[] = [
  ...mutantsOf(
    plan('comparisons'),
    [algebra, places, answers],
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
        "if (name === '=') return this.#on(lexpr, within, listed(items))",
        "if (name === '=' || name === '<>') return this.#on(lexpr, within, listed(items))",
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
    plan('listed-values'),
    ['sql-engine/src/listed-values.test.ts'],
    [
      ['each item of a list has a type of its own', 'return others.length > 1 && !areAlike', 'return false'],
      ['a list has the type of its items alone', 'elements: [typed, ...items]', 'elements: [...items]'],
      [
        'each parameter of a list has a type of its own',
        'const areParameters = list.length === items.length',
        'const areParameters = false',
      ],
      [
        'a list says all of what stands beside it',
        'list === undefined || list.length < sources.length',
        'list === undefined',
      ],
    ],
  ),
  ...mutantsOf(
    plan('compared-rows'),
    [shapes],
    [['a star in a row is one value', 'return hasStar === true ? undefined : items', 'return items']],
    'no random statement has a star in a row',
  ),
  ...mutantsOf(
    plan('find-pushables'),
    [engine, places, answers, shapes],
    [
      ['ON of a left join narrows its left side', 'return clause.right.has(target.anchor)', 'return true'],
      ['NULL of an outer join matches nothing', ' || valued.nullable.size > 0', ''],
      [
        'NULL of a total matches nothing',
        'return valued.block !== block && hasGroupingSets(valued.block)',
        'return false',
      ],
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
        'what an output makes of a column is the column',
        'wrappers: [...traced.wrappers, ...output.wrappers]',
        'wrappers: traced.wrappers',
      ],
      [
        'what is EXISTS may be grouped',
        'select.groupClause !== undefined ||\n      select.havingClause !== undefined ||\n      select.larg',
        'select.larg',
      ],
    ],
  ),
  ...mutantsOf(
    plan('column-traces'),
    [shapes, answers, engine, places],
    [
      [
        'conditions pass over volatile functions',
        '    if (this.#isVolatile(expressions)) return false\n',
        '',
      ],
    ],
    'what a volatile function gives has no right answer to compare with',
  ),
  ...mutantsOf(
    plan('equal-columns'),
    [engine, answers, places],
    [['columns of two types have one value', 'isOther && typeOf(left) === typeOf(right)', 'isOther']],
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
    plan('wide-digits'),
    ['sql-engine/src/plan/comparisons.test.ts'],
    [
      [
        'an expression with digits asks for those of ASCII, whatever the locale has',
        'return literal === undefined || /\\\\d|digit/i.test(literal)',
        'return literal === undefined',
      ],
      [
        'an expression that is not known yet asks for the digits of ASCII',
        'return literal === undefined || /\\\\d|digit/i.test(literal)',
        "return /\\\\d|digit/i.test(literal ?? '')",
      ],
    ],
    "the locale of the tests' PostgreSQL has no digits but ASCII's",
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
    plan('guards'),
    [answers],
    [
      [
        'NULL is false in AND',
        '[arg, { A_Const: { boolval: { boolval: true } } }]',
        '[arg, { A_Const: { boolval: {} } }]',
      ],
      [
        'NULL is true in OR, and in WHEN',
        '[arg, { A_Const: { boolval: {} } }]',
        '[arg, { A_Const: { boolval: { boolval: true } } }]',
      ],
      ['COALESCE goes on after a value', "nulltesttype: 'IS_NULL'", "nulltesttype: 'IS_NOT_NULL'"],
      [
        'CASE compares conditions',
        'choice === undefined || choice.arg !== undefined ?',
        'choice === undefined ?',
      ],
    ],
    'random statements hardly have values that fail in such places',
  ),
  ...mutantsOf(
    plan('key-query'),
    [answers],
    [
      ['guards see no totals', ' && !hasGroupingSets(fromItem.block),', ','],
      ['whatever guards can be written', ' && canBeWritten(guard)', ''],
    ],
    'random statements hardly have values that fail in such places',
  ),
  ...mutantsOf(
    plan('constant-condition'),
    ['sql-engine/src/plan/constant-condition.test.ts'],
    [
      [
        'a number may not be equal to itself',
        "['>=', [false, true, true]],",
        "['>=', [false, false, true]],",
      ],
      ['texts that differ are equal', ' && text.sval === otherText.sval', ''],
      ['whatever is cast is NULL', "inside(cast.arg, 'A_Const')?.isnull === true :", 'true :'],
    ],
    'random statements hardly compare constants',
  ),
]
