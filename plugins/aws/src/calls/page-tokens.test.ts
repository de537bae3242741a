import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PageTokens } from './page-tokens.js'

describe('tokens of pages', () => {
  test('an empty one is none', () => {
    const tokens = new PageTokens('ListThings')
    expect([tokens.next('a'), tokens.next(''), tokens.next(undefined)]).toEqual(['a', undefined, undefined])
  })

  test('those that differ go on', () => {
    const tokens = new PageTokens('ListThings')
    for (let page = 0; page < 1000; page++) expect(tokens.next(`${page}`)).toBe(`${page}`)
  })

  test('one that comes at once again is an error that names the call', () => {
    const tokens = new PageTokens('ListThings')
    tokens.next('a')
    expect(() => tokens.next('a')).toThrow('ListThings: the token of the next page came a second time')
  })

  test('every circle is found within a few rounds', () => {
    fc.assert(
      fc.property(fc.nat({ max: 50 }), fc.integer({ min: 1, max: 50 }), (before, round) => {
        const tokens = new PageTokens('ListThings')
        const follow = () => {
          for (let page = 0; page < 4 * (before + round) + 4; page++) {
            tokens.next(page < before ? `before ${page}` : `round ${(page - before) % round}`)
          }
        }
        expect(follow).toThrow('came a second time')
      }),
    )
  })
})
