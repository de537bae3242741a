/** Wrong tables: what conditions become in a call of an API. */
import { type Mutant, mutantsOf } from './mutant.js'

const patterns = 'plugins/aws/src/filter-pattern/filter-pattern.test.ts'
const notAws = "random statements ask no table of AWS's"

export const pluginMutants: readonly Mutant[] = [
  ...mutantsOf(
    'plugins/aws/src/log-events/time-bounds.ts',
    ['plugins/aws/src/log-events/time-bounds.test.ts'],
    [
      [
        '> fromItems out the next millisecond',
        'from(floor(qual.value, unit) + 1n)',
        'from(floor(qual.value, unit) + 2n)',
      ],
      [
        'a start within a millisecond is rounded up and on',
        'from(ceiling(qual.value, unit))',
        'from(floor(qual.value, unit) + 1n)',
      ],
      [
        'the last of two starts counts',
        'if (start > range.start) range.start = start',
        'range.start = start',
      ],
      [
        'of several times, the first and last in the list bound',
        'if (value < least) least = value',
        'least = value',
      ],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/filter-pattern/text-conditions.ts',
    [patterns],
    [
      [
        '= is !=',
        "(pattern): Condition => ({ kind: 'text', field, operator: '=', pattern })",
        "(pattern): Condition => ({ kind: 'text', field, operator: '!=', pattern })",
      ],
      [
        'of several values, those that are certain are asked for',
        'if (!qual.values.every(isCertain)) return []',
        'if (!qual.values.some(isCertain)) return []',
      ],
      ['true is FALSE', "state: value ? 'TRUE' : 'FALSE'", "state: value ? 'FALSE' : 'TRUE'"],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/filter-pattern/like.ts',
    [patterns],
    [
      [
        '_ is itself',
        "} else if (character === '%' || character === '_') {",
        "} else if (character === '%') {",
      ],
      ['a beginning is an end', 'textIs(field, `${start}*`)', 'textIs(field, `*${start}`)'],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/filter-pattern/quote.ts',
    [patterns],
    [
      ['stars are letters', 'const known = /^[ -$&-)+-~]+$/', 'const known = /^[ -$&-~]+$/'],
      ['quotes are letters', 'value.replace(/["\\\\]/g, ', 'value.replace(/[\\\\]/g, '],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/filter-pattern/compile.ts',
    [patterns],
    [['patterns may be longer than the API takes', 'if (longer.length > mostCharacters) continue', '']],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/conditions/like-prefix.ts',
    ['plugins/aws/src/pushed-conditions.test.ts', 'plugins/aws/src/sandbox.test.ts'],
    [
      [
        '_ belongs to a beginning',
        "if (character === '%' || character === '_') return prefix",
        "if (character === '%') return prefix",
      ],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/sdk/src/list-rows.ts',
    ['plugins/sdk/src/list-rows.test.ts'],
    [
      [
        'what is got may have any value in other columns',
        'values.some((value) => value === row[column])',
        'values.length > 0',
      ],
      [
        'one column is enough to be fetched',
        'columns.every((column) => Object.hasOwn(row, column))',
        'columns.some((column) => Object.hasOwn(row, column))',
      ],
    ],
    'the tables of the random statements are listed',
  ),
  ...mutantsOf(
    'plugins/sdk/src/divide-quals.ts',
    ['plugins/sdk/src/each-row.test.ts'],
    [
      [
        'the parent gets operators that it does not take',
        'keys[column]?.operators.includes(operator)',
        'keys[column] !== undefined || operator === undefined',
      ],
    ],
    'the tables of the random statements have no parents',
  ),
  ...mutantsOf(
    'plugins/aws/src/ec2/column-filters.ts',
    ['plugins/aws/src/tables/ec2-network-interface.test.ts', 'plugins/aws/src/tables/vpc-eip.test.ts'],
    [
      [
        'of several values, one in the right form is enough',
        'values.every((value) => form.test(value))',
        'values.some((value) => form.test(value))',
      ],
      ['what is not true is true', 'String(qual.value !== true)', 'String(qual.value)'],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/tables/vpc-flow-log-event/record.ts',
    ['plugins/aws/src/tables/vpc-flow-log-event.test.ts'],
    [
      [
        'words may be divided in any way',
        'plainWords.test(message) ? message.split',
        "message !== '' ? message.split",
      ],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/answers/next-token.ts',
    ['plugins/aws/src/answers/next-token.test.ts'],
    [
      ['a text is the name of the token', 'if (body[afterName] === colon)', 'if (body[afterName] !== quote)'],
      [
        'a token ends at an escaped mark',
        'body[end] === backslash ? 2 : 1',
        'body[end] === backslash ? 1 : 1',
      ],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/tables/cloudtrail-trail-event/decode-page.ts',
    ['plugins/aws/src/tables/cloudtrail-trail-event.test.ts'],
    [
      [
        'events of the millisecond after the last stay',
        'withoutLater(answerOf(page), endTime)',
        'answerOf(page)',
      ],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/cloudtrail-records/field-finder.ts',
    ['plugins/aws/src/cloudtrail-records/field-finder.test.ts'],
    [
      [
        'a name with an escape is another one',
        'if (byte < 0x20 || byte === backslash) return unknown',
        'if (byte < 0x20) return unknown',
      ],
      [
        'bytes beyond ASCII are texts as they are',
        'if (byte >= 0x80 || byte === backslash) return false',
        'if (byte === backslash) return false',
      ],
      [
        'escapes are texts as they are',
        'if (byte >= 0x80 || byte === backslash) return false',
        'if (byte >= 0x80) return false',
      ],
      ['names are the same by their beginning', 'if (index < length) continue', 'if (index === 0) continue'],
      ['what was found in the last object stays', 'for (const field of this.#fields) field.end = 0', ''],
      [
        'numbers may begin with 0',
        'if (byteAt(bytes, position) === zero) position++\n  else position',
        'position',
      ],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/requests/object-client.ts',
    ['plugins/aws/src/requests/object-client.test.ts'],
    [
      ["all objects have the first one's path", 'path: path + name', 'path: request.path'],
      [
        'parts of an object may be of another',
        "if (IfMatch !== undefined) Object.assign(headers, { 'if-match': IfMatch })",
        '',
      ],
      ['what is refused is content', 'if (statusCode < 200 || statusCode >= 300)', 'if (statusCode < 200)'],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/s3/directory-buckets.ts',
    ['plugins/aws/src/tables/s3-object.test.ts'],
    [
      ['what a wider list also holds is meant', 'key.startsWith(prefix) &&', ''],
      [
        'the key at which a list begins is in it',
        '(Buffer.from(key), Buffer.from(start)) > 0',
        '(Buffer.from(key), Buffer.from(start)) >= 0',
      ],
      [
        'the first few keys of a wider list are enough',
        'folder === prefix && StartAfter === undefined',
        'folder !== prefix',
      ],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/log-files/find-log-files.ts',
    ['plugins/aws/src/tables/cloudtrail-s3-event.test.ts'],
    [['directory buckets list in order', '!isDirectoryBucket(place.bucket) &&', '']],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/log-files/delivery-bounds.ts',
    ['plugins/aws/src/log-files/delivery-bounds.test.ts'],
    [
      ['log files are delivered at once', 'endTime + delay', 'endTime'],
      ['names are never earlier than events', 'startTime - nameSkew', 'startTime'],
      ['names have seconds', 'deliveredAt >= floorToMinute(firstTime)', 'deliveredAt > firstTime'],
      ['the last day is left out', 'ownDay <= lastDay', 'ownDay < lastDay'],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/log-files/first-log-files.ts',
    ['plugins/aws/src/log-files/first-log-files.test.ts'],
    [['what follows is earlier than what was read', '?? 0) + nameSkew)', '?? 0) - nameSkew)']],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/log-files/record-test.ts',
    ['plugins/aws/src/log-files/record-test.test.ts'],
    [
      ['no character is an escape', 'return record.includes(unicodeEscape)', 'return false'],
      ['every text stands in JSON as it is', '.split(severalForms)', ".split('no such')"],
    ],
    notAws,
  ),
  ...mutantsOf(
    'plugins/aws/src/tables/guardduty-finding/criteria.ts',
    ['plugins/aws/src/tables/guardduty-finding.test.ts'],
    [
      ['bounds are rounded inwards', 'Math.floor(least) - margin', 'Math.ceil(least) - margin'],
      ['what is compared is as exact as what is shown', 'Math.ceil(most) + margin', 'Math.ceil(most)'],
    ],
    notAws,
  ),
]
