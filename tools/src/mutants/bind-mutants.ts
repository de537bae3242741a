/** Wrong names: what a statement's tables and columns are taken for. */
import { type Mutant, mutantsOf } from './mutant.js'

const engine = 'sql-engine/src/engine.test.ts'
const answers = 'sql-engine/src/planner-answers.test.ts'
const columns = 'sql-engine/src/nested-columns.test.ts'
const shapes = 'sql-engine/src/key-shapes.test.ts'
const tableFunctions = 'sql-engine/src/table-functions.test.ts'
const statements = 'server/src/virtual-statements.test.ts'

export const bindMutants: readonly Mutant[] = [
  ...mutantsOf(
    'sql-engine/src/bind/scope.ts',
    [answers, engine, columns],
    [
      [
        'a name that two tables have is that of the first',
        'if (holders.length === 1) return columnOfFromItem(only, name)',
        'return columnOfFromItem(only, name)',
      ],
      [
        'what a function gives has no names',
        'if (level.fromItems.some(({ columns }) => columns === undefined)) return undefined',
        '',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/bind/from-binder.ts',
    [answers, engine, columns],
    [
      [
        'USING of a right join gives the left column',
        "this.#valueOf(leftColumn, rightColumn, kind === 'right')",
        'this.#valueOf(leftColumn, rightColumn, false)',
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
  ...mutantsOf(
    'sql-engine/src/bind/binder.ts',
    [answers, engine, columns, shapes],
    [
      ['a CTE sees itself', 'if (!recursive) continue', ''],
      [
        'GROUP BY names the output first',
        'const isInput = reference !== undefined && groupClause?.includes(node) && isColumnOf(reference, from)',
        'const isInput = false',
      ],
      [
        'HAVING narrows the rows of a rollup',
        'if (isOneGrouping) this.#draft.addConditions(havingClause',
        'this.#draft.addConditions(havingClause',
      ],
    ],
  ),
  ...mutantsOf(
    'sql-engine/src/bind/binder.ts',
    [answers, 'sql-engine/src/returning.test.ts'],
    [
      [
        'MERGE fromItems out source rows that match none',
        "if ('joinCondition' in statement && !countsUnmatched(statement, 'TARGET')) {",
        "if ('joinCondition' in statement) {",
      ],
      [
        'MERGE shows only rows that match one of its source',
        "if ('joinCondition' in statement && countsUnmatched(statement, 'SOURCE')) {",
        'if (false) {',
      ],
      ['RETURNING shows rows as they were', '{ ...fromItem, stable: false }', 'fromItem'],
    ],
    'no random statement writes',
  ),
  ...mutantsOf(
    'sql-engine/src/bind/look-up-names.ts',
    [answers],
    [['types are those of the search path', ' or ${hasTemporaryTypes},', ',']],
    'random sessions have no types of their own',
  ),
  ...mutantsOf(
    'sql-engine/src/expand/expand-views.ts',
    [statements, engine],
    [["a statement's CTE is the table of a view", '!isCaught(view.definition, ctes),', 'true,']],
    'no random statement reads a view',
  ),
  ...mutantsOf(
    'sql-engine/src/expand/expand-functions.ts',
    [tableFunctions],
    [
      ["a statement's CTE is the table of a function", 'if (isCaught(of.body, ctes)) return []', ''],
      [
        'an item of the query has the name of the parameters',
        'if (takenNames.includes(name) || takenNames.includes(resultName)) return undefined',
        '',
      ],
      [
        'a row of a function is one of a query',
        'if (rows.has(alias) && !columns.some((column) => column.name === alias)) return undefined',
        '',
      ],
    ],
    'no random statement calls a function',
  ),
  ...mutantsOf(
    'sql-engine/src/expand/replaced-parameters.ts',
    [statements, tableFunctions],
    [
      [
        'the first argument is all of them',
        'const replacement = replacements[number - 1]',
        'const replacement = replacements[0]',
      ],
    ],
    "no random statement calls a user's function",
  ),
  ...mutantsOf(
    'sql-engine/src/expand/expand-copy.ts',
    [statements],
    [
      [
        'COPY gives all columns',
        "const columns = isListed ? names.map(quoteIdentifier).join(', ') : '*'",
        "const columns = '*'",
      ],
    ],
    'no random statement is COPY',
  ),
]
