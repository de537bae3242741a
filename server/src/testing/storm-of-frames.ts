/** Sends random frames from several sessions at once, while another session works as if there were none. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import pg from 'pg'
import { brokenBytes, randomFrame, randomPacket } from './random-frames.js'
import { RawClient } from './raw-client.js'
import { barrier, barrierReplies } from './script.js'
import type { TestGateway } from './test-gateway.js'

export interface StormCounts {
  frames: number
  sessions: number
  /** Statements of the session that nobody may disturb. */
  watched: number
  /** What its slowest statement took, in milliseconds. */
  slowest: number
}

const sessionsAtOnce = 4
const framesPerBatch = 50
const batchesPerSession = 20
/** In milliseconds. */
const patience = 30_000

/**
 * Resolves when so many frames have been sent and all sessions have ended.
 * @throws Error when a session hangs, or the watching session's statement fails or is answered wrongly; it names
 *   the seeds of the sessions that were open
 */
export async function stormOfFrames(
  harness: Pick<TestGateway, 'config' | 'gateway'>,
  { frames, seed }: { readonly frames: number; readonly seed: number },
  progress: (counts: StormCounts) => void = () => {},
): Promise<StormCounts> {
  const counts: StormCounts = { frames: 0, sessions: 0, watched: 0, slowest: 0 }
  const open = new Set<number>()
  let next = seed
  let isOver = false
  const worker = async () => {
    while (counts.frames < frames && !isOver) {
      const own = next++
      open.add(own)
      counts.frames += await stormySession(harness, new SeededRandom(own))
      counts.sessions++
      if (counts.sessions % 100 === 0) progress(counts)
      open.delete(own)
    }
  }
  const watching = watch(harness, counts, () => isOver)
  const working = Promise.all(Array.from({ length: sessionsAtOnce }, worker))
  try {
    await Promise.race([working, watching])
    await working
  } catch (error) {
    throw new Error(`after ${counts.frames} frames, while the sessions of seeds ${[...open]} were open`, {
      cause: error,
    })
  } finally {
    isOver = true
    await Promise.allSettled([working, watching])
  }
  await watching
  return counts
}

async function watch(
  { config }: Pick<TestGateway, 'config'>,
  counts: StormCounts,
  isOver: () => boolean,
): Promise<void> {
  const client = new pg.Client(config)
  client.on('error', () => {})
  await client.connect()
  while (!isOver()) {
    const started = performance.now()
    const { rows } = await client.query(`select 1 as one, city from place where ip = '3.3.3.3'`)
    if (rows.length !== 1 || rows[0].one !== 1 || rows[0].city !== 'city of 3.3.3.3') {
      throw new Error(`the watching session was answered ${JSON.stringify(rows)}`)
    }
    counts.watched++
    counts.slowest = Math.max(counts.slowest, performance.now() - started)
  }
  await client.end()
}

/** @returns how many frames were sent */
async function stormySession(
  harness: Pick<TestGateway, 'config' | 'gateway'>,
  random: SeededRandom,
): Promise<number> {
  if (random.rarely(150)) return startUp(harness, random)
  const client = await RawClient.connect(harness.config)
  const timer = setTimeout(() => client.socket.destroy(new Error('late')), patience)
  let isLate = false
  client.socket.once('error', (error) => {
    isLate ||= error.message === 'late'
  })
  let sent = 0
  try {
    for (let batch = 0; batch < batchesPerSession; batch++) {
      if (random.rarely(20)) {
        // Nothing that comes after can be relied upon.
        client.socket.end(brokenBytes(random))
        await client.untilEnd()
        sent++
        break
      }
      const frames = Array.from({ length: framesPerBatch }, () => randomFrame(random))
      client.send(...frames, ...barrier(batch))
      sent += frames.length
      const { hasEnded } = await client.untilLast(barrierReplies(batch))
      timer.refresh()
      if (hasEnded) break
    }
  } finally {
    clearTimeout(timer)
    client.close()
  }
  if (isLate) throw new Error('a session got no reply')
  return sent
}

async function startUp({ gateway }: Pick<TestGateway, 'gateway'>, random: SeededRandom): Promise<number> {
  const socket = connect(gateway.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  const packets = Array.from({ length: 1 + random.below(4) }, () => randomPacket(random))
  socket.end(Buffer.concat(packets))
  const timer = setTimeout(() => socket.destroy(), patience)
  if (!socket.closed) await once(socket, 'close')
  clearTimeout(timer)
  return packets.length
}
