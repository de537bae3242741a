/** Finding a page's token on its bytes, against JSON.parse. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nextTokenOf } from './next-token.js'

const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    'nextToken',
    '"nextToken":"x"',
    '\\"nextToken\\": "x"',
    'a"nextToken',
    '"nextToken"',
    ':',
    '\\',
  ),
)
const event = fc.record({ message: oddText, logStreamName: oddText, eventId: oddText }, { requiredKeys: [] })
const answer = fc.record(
  {
    events: fc.array(event, { maxLength: 4 }),
    nextToken: fc.option(oddText),
    searchedLogStreams: fc.array(fc.record({ logStreamName: oddText }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
)

it('the token that JSON.parse gives, wherever it stands', () => {
  fc.assert(
    fc.property(answer, fc.boolean(), fc.constantFrom(undefined, 1, '\t\r\n '), (page, isReversed, space) => {
      const members = Object.entries(page)
      const written = Object.fromEntries(isReversed ? members.reverse() : members)
      const text = JSON.stringify(written, undefined, space)
      expect(nextTokenOf(Buffer.from(text))).toBe(JSON.parse(text).nextToken ?? undefined)
    }),
    { numRuns: 1_000 },
  )
})

it.each(['{"nextToken":"x', '{"nextToken":"\\', '{"nextToken":"\\q"}'])('no JSON: %s', (text) => {
  expect(() => nextTokenOf(Buffer.from(text))).toThrow(SyntaxError)
})

it.each(['', '{"nextToken"', '{"nextToken":', '{"nextToken":7}', '{"nextToken":null}', '"nextToken"'])(
  'no token: %s',
  (text) => {
    expect(nextTokenOf(Buffer.from(text))).toBeUndefined()
  },
)
