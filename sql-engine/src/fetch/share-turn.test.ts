import { expect, test } from 'vitest'
import { shareTurn } from './share-turn.js'

test('what begins at once begins in several turns, in its order', async () => {
  const begun: (number | 'turn')[] = []
  let areBegun = false
  const turns = (async () => {
    while (!areBegun) {
      await new Promise((resolve) => setImmediate(resolve))
      begun.push('turn')
    }
  })()
  const calls = Array.from({ length: 30 }, async (_, call) => {
    await shareTurn()
    begun.push(call)
  })
  await Promise.all(calls)
  areBegun = true
  await turns
  expect(begun.filter((each) => each !== 'turn')).toEqual([...Array(30).keys()])
  const perTurn = begun
    .join(' ')
    .split('turn')
    .map((turn) => turn.trim().split(' ').length)
  expect(Math.max(...perTurn)).toBeLessThanOrEqual(8)
})
