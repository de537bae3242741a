import { expect, test } from 'vitest'
import { localFailure } from './local-failure.js'

const failure = (code: string) => Object.assign(new Error(`connect ${code} 10.0.0.1:443`), { code })

test.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])(
  '%s is a failure of this machine',
  (code) => {
    const expected = {
      sqlState: '53000',
      message: expect.stringMatching(/^this machine has run out of /),
      detail: expect.stringContaining(code),
      retry: 'unanswered',
    }
    expect(localFailure(failure(code))).toMatchObject(expected)
    expect(localFailure(new TypeError('fetch failed', { cause: failure(code) }))).toMatchObject(expected)
    expect(localFailure(new AggregateError([failure('ENETUNREACH'), failure(code)]))).toMatchObject(expected)
  },
)

test('others are none, whatever they hold', () => {
  const round: { code: string; cause?: unknown } = { code: 'ECONNREFUSED' }
  round.cause = round
  for (const other of [failure('ECONNREFUSED'), round, undefined, null, 'EMFILE', { code: 24 }]) {
    expect(localFailure(other)).toBeUndefined()
  }
})
