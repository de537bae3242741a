/** Wrong lookups: rows of single keys that are there already, taken for others. */
import { type Mutant, mutantsOf } from './mutant.js'

const lookups = 'sql-engine/src/cache/keys/key-cache.test.ts'
const repeated = 'server/src/repeated-lookups.test.ts'
const missingRows = 'sql-engine/src/missing-rows.test.ts'
const sharedRows = 'server/src/shared-rows.test.ts'
const notKept = "the random statements' tables keep no lookups"

export const lookupMutants: readonly Mutant[] = [
  ...mutantsOf(
    'sql-engine/src/cache/keys/known-keys.ts',
    [lookups],
    [
      [
        'keys are never too old',
        'known.fetchedAt >= oldest && known.fetchedAt <= now',
        'known.fetchedAt <= now',
      ],
    ],
    notKept,
  ),
  ...mutantsOf(
    'sql-engine/src/cache/keys/key-cache-sources.ts',
    [lookups],
    [
      [
        "another account's rows are this one's",
        '    plugin.version,\n    identity,\n',
        '    plugin.version,\n',
      ],
      ["another version's rows are this one's", '    plugin.version,\n    identity,\n', '    identity,\n'],
    ],
    notKept,
  ),
  ...mutantsOf(
    'sql-engine/src/cache/keys/key-cache.ts',
    [lookups],
    [
      [
        'columns that were not filled are there',
        'every((column) => filled.has(column))',
        'some((column) => filled.has(column))',
      ],
      [
        "another source's tables are this one's",
        '!isGoing && name.startsWith(`${this.#ownTag}${prefix}_`)',
        '!isGoing',
      ],
      [
        'a table that is to be dropped is asked again',
        '!isGoing && name.startsWith(`${this.#ownTag}${prefix}_`)',
        'name.startsWith(`${this.#ownTag}${prefix}_`)',
      ],
    ],
    notKept,
  ),
  ...mutantsOf(
    'sql-engine/src/cache/keys/key-table.ts',
    [lookups, missingRows],
    [
      [
        'keys whose rows are missing are known',
        'if (staged.missing.length > 0) throw new IncompleteRows()',
        '',
      ],
      [
        'rows on their way are never too old',
        'if (flight.startedAt < oldest || flight.controller',
        'if (flight.controller',
      ],
      ['new rows leave the old ones', '      deleteRows(options, list),\n', ''],
    ],
    notKept,
  ),
  ...mutantsOf(
    'sql-engine/src/cache/keys/key-table.ts',
    [sharedRows],
    [
      [
        "another gateway's rows are never too old",
        'AND fetched_at BETWEEN $2 AND $3`',
        'AND $2::float8 < $3::float8`',
      ],
    ],
    notKept,
  ),
  ...mutantsOf(
    'sql-engine/src/run/repeat-lookup.ts',
    [repeated],
    [
      [
        'a statement that calls functions changes nothing',
        "    findAll(tree, 'FuncCall').length === 0\n",
        '    true\n',
      ],
    ],
    notKept,
  ),
]
