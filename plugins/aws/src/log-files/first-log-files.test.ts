/** The newest events are among what is read, whatever the times of log files and of the events in them. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isWithin, nameSkew } from './delivery-bounds.js'
import type { LogFile } from './find-log-files.js'
import { newestRows } from './first-log-files.js'
import { microsecondsOf } from './record-test.js'

const minute = 60_000
const base = Date.UTC(2024, 2, 1)

/** A log file, by the minute of its delivery, and its events, by how long before that they were, or after. */
const file = fc.record({
  delivered: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constantFrom(-1440, 1440, 50_000)),
  before: fc.array(fc.constantFrom(-nameSkew + 1, -1, 0, 1, minute, 60 * minute), { maxLength: 4 }),
})

test('with any number of them', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(file, { maxLength: 30 }),
      fc.integer({ min: 1, max: 10 }),
      async (drawn, limit) => {
        const files = drawn.map(({ delivered, before }, index) => {
          const deliveredAt = base + delivered * minute
          const name = {
            prefix: '',
            organizationId: null,
            accountId: '1',
            region: 'us-east-1',
            date: new Date(deliveredAt).toISOString().slice(0, 10),
            deliveredAt,
          }
          const log: LogFile = { key: String(index), name, size: 1 }
          const rows = before.map((ms) => ({
            event_time: new Date(deliveredAt - ms).toISOString(),
            file: index,
          }))
          return { log, rows }
        })
        const given: { event_time: string; file: number }[] = []
        let read = 0
        const source = {
          limit,
          async *find(bounds: Parameters<typeof isWithin>[0]) {
            yield files.map(({ log }) => log).filter(({ name }) => isWithin(bounds, name))
          },
          months: async () => [
            ...new Set(files.map(({ log }) => `${log.name.date.slice(0, 7).replace('-', '/')}/`)),
          ],
          async *read({ key }: LogFile) {
            read++
            yield files[Number(key)]?.rows ?? []
          },
        }
        const all = { firstTime: undefined, lastTime: undefined, firstDay: undefined, lastDay: undefined }
        for await (const rows of newestRows(source, all)) {
          given.push(...rows.map((row) => ({ event_time: String(row.event_time), file: Number(row.file) })))
        }
        const time = ({ event_time }: { event_time: string }) => microsecondsOf(event_time) ?? 0n
        const wanted = files.flatMap(({ rows }) => rows).sort((a, b) => Number(time(b) - time(a)))
        const last = wanted[limit - 1]
        const edge = last === undefined ? 0n : time(last)
        const first = (rows: typeof given) =>
          rows
            .filter((row) => time(row) >= edge)
            .map((row) => `${row.file} ${row.event_time}`)
            .sort()
        expect(first(given)).toEqual(first(wanted))
        // None is read twice.
        expect(read).toBeLessThanOrEqual(files.length)
      },
    ),
    { numRuns: 1000 },
  )
})
