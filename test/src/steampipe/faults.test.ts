/** What becomes of queries when a Steampipe plugin fails, dies, or is left. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { BridgeHarness } from '../testing/bridge-harness.js'
import { buildTimeout, hasGo } from '../testing/bridge-plugin.js'

let harness: BridgeHarness

beforeAll(async () => {
  if (hasGo()) harness = await BridgeHarness.start()
}, buildTimeout)
afterAll(() => harness?.stop())

const rows = (text: string, values: unknown[] = []) => harness.rows(text, values)

describe.runIf(hasGo())('errors', () => {
  test.each([
    ['list', 'the list failed'],
    ['panic', 'the list panicked'],
    ['transform', 'the transform of 0 failed'],
    ['hydrate', 'the hydrate function failed'],
  ])('of the place %s, none of which is lost', async (place, message) => {
    for (const after of [1, 1, 300, 1000, 2000, 2000, 2000, 2000, 2000]) {
      await expect(
        rows(`select * from bridge_fault where place = $1 and after = $2`, [place, after]),
      ).rejects.toMatchObject({
        code: 'HV000',
        message: expect.stringMatching(/bridge_fault.*Execute/),
      })
    }
    await expect(rows(`select * from bridge_fault where place = $1 and after = 1`, [place])).rejects.toThrow(
      message,
    )
  })

  test('that the plugin ignores are none', async () => {
    expect(await rows(`select n from bridge_fault where place = 'ignored' and after = 2`)).toHaveLength(2)
  })

  test('what it prints does not stop it', async () => {
    expect(await rows(`select n from bridge_fault where place = 'print' and after = 1`)).toHaveLength(1)
  })

  test.each([
    ['exit', /has ended with status 7/, /the plugin leaves, and says why/],
    ['goroutine', /has ended with status 2/, /a goroutine panicked/],
  ])('of the place %s end the process; the next query starts another', async (place, message, detail) => {
    await expect(
      rows(`select n from bridge_fault where place = $1 and after = 1`, [place]),
    ).rejects.toMatchObject({
      code: 'HV000',
      message: expect.stringMatching(message),
      detail: expect.stringMatching(detail),
    })
    expect(await rows('select word from other.bridge_setting')).toEqual([['other']])
  })

  test('is started again at once although the clock was set back by an hour', async () => {
    const [[pid]] = (await rows('select pid from bridge_setting')) as [[string]]
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    for (const place of ['exit', 'exit']) {
      await expect(
        rows('select n from bridge_fault where place = $1 and after = 1', [place]),
      ).rejects.toThrow()
    }
    const [[next]] = (await rows('select pid from bridge_setting')) as [[string]]
    expect(next).not.toBe(pid)
  })

  test('killed while it answers', async () => {
    const [[pid]] = (await rows('select pid from bridge_setting')) as [[string]]
    const other = await harness.connect()
    const slow = other.query('select n from bridge_slow')
    const failed = expect(slow).rejects.toMatchObject({
      code: 'HV000',
      message: expect.stringMatching(/SIGKILL/),
    })
    while (((await rows('select running from bridge_setting')) as [[string]])[0][0] !== '1') {}
    process.kill(Number(pid), 'SIGKILL')
    await failed
    await other.end()
    const [[next]] = (await rows('select pid from bridge_setting')) as [[string]]
    expect(next).not.toBe(pid)
  })
})

test.runIf(hasGo())(
  'queries that are cancelled end their lists, and leave no memory behind',
  async () => {
    const other = await harness.connect()
    const [[pid]] = (await rows('select pid from bridge_setting')) as [[string]]
    const running = async () => ((await rows('select running from bridge_setting')) as [[string]])[0][0]
    const cancelled = async (times: number) => {
      for (let time = 0; time < times; time++) {
        const slow = new pg.Query('select n from bridge_slow')
        const failed = once(slow, 'error')
        other.query(slow)
        while ((await running()) !== '1') {}
        harness.cancel(other, slow)
        expect(await failed).toMatchObject([{ code: '57014' }])
        while ((await running()) !== '0') {}
      }
    }
    await cancelled(30)
    const before = await residentBytes(pid)
    await cancelled(100)
    // What a hundred lists of one row each could need, were they kept, is far more.
    if (before !== undefined) expect(await residentBytes(pid)).toBeLessThan(before + 20e6)
    await other.end()
  },
  60_000,
)

/** @returns undefined where there is no /proc */
async function residentBytes(pid: string): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}
