import { expect, it } from 'vitest'
import { StartedParts } from './started-parts.js'

it('parts are stopped once, the last one first, whatever fails', async () => {
  const parts = new StartedParts()
  const stopped: string[] = []
  const stop = (part: string) => {
    stopped.push(part)
    if (part !== 'first') throw new Error(`${part} does not stop`)
  }
  expect(parts.add('first', stop)).toBe('first')
  parts.add('second', stop)
  parts.add('third', stop)
  await expect(parts.stop()).rejects.toThrow('third does not stop')
  await expect(parts.stop()).rejects.toThrow('third does not stop')
  expect(stopped).toEqual(['third', 'second', 'first'])
})
