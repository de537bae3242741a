/** A look at a record's bytes passes over no record that fulfils the conditions. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { recordReader } from '../cloudtrail-records/record-reader.js'
import { fulfils, mayHold, needlesOf, type RecordCondition } from './record-test.js'

const reader = recordReader(new Set(['event_name', 'error_code', 'user_identifier']))

const texts = fc.constantFrom(
  'GetObject',
  'Get',
  'a"b',
  'c\\d/e',
  '/',
  '',
  'Ünï',
  '😀',
  'x\ty',
  '\ufffd',
  '\ud83d',
  '\u007f',
)

/** JSON of a text, with some of its characters as escapes, slashes as some write them. */
const jsonOf = (text: string) =>
  fc
    .constantFrom<(json: string) => string>(
      (json) => json,
      (json) => json.replaceAll('/', '\\/'),
      (json) =>
        json.replace(/[A-Za-zÜï]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
      (json) => json.replace(/[a-z](?=")/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`),
    )
    .map((write) => write(JSON.stringify(text)))

const record = fc
  .record({
    name: fc.option(texts.chain(jsonOf)),
    error: fc.option(texts.chain(jsonOf)),
    arn: fc.option(texts.chain(jsonOf)),
  })
  .map(({ name, error, arn }) => {
    const members = [
      ...(name === null ? [] : [`"eventName":${name}`]),
      ...(error === null ? [] : [`"errorCode": ${error}`]),
      ...(arn === null ? [] : [`"userIdentity":{"arn":${arn}}`]),
    ]
    return `{${members.join(',')}}`
  })

const condition: fc.Arbitrary<RecordCondition> = fc.record({
  column: fc.constantFrom('event_name', 'error_code', 'user_identifier'),
  qual: fc.oneof(
    fc.array(texts, { minLength: 1, maxLength: 3 }).map(([first = '', ...more]) => ({
      operator: '=' as const,
      values: [first, ...more] as const,
    })),
    texts.map((value) => ({ operator: '<>' as const, value })),
    fc.constant({ operator: 'is not null' as const }),
  ),
})

test('random records and conditions', () => {
  let passedOver = 0
  let fulfilled = 0
  fc.assert(
    fc.property(record, fc.array(condition, { minLength: 1, maxLength: 2 }), (json, conditions) => {
      // As it comes: what is no text in UTF-8 has been replaced.
      const bytes = Buffer.from(json)
      const row: Record<string, unknown> = {}
      reader?.readText(bytes.toString(), row)
      const isHeld = mayHold(bytes, needlesOf(conditions))
      if (!isHeld) passedOver++
      if (!fulfils(row, conditions)) return
      fulfilled++
      expect(isHeld).toBe(true)
    }),
    { numRuns: 20_000 },
  )
  expect(passedOver).toBeGreaterThan(1000)
  expect(fulfilled).toBeGreaterThan(1000)
})
