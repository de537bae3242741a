/** A client of the soak: it asks one statement after the other, over connections that it makes anew now and then. */
import { setTimeout as delay } from 'node:timers/promises'
import type { SeededRandom } from '@millrace/sql-engine/testing/seeded-random'
import pg from 'pg'
import type { SoakEvent } from './contents.js'
import { type KeptRows, statementKinds, WrongAnswer } from './statements.js'
import type { Tally } from './tally.js'

export interface SoakingClientOptions {
  readonly config: pg.ClientConfig
  readonly random: SeededRandom
  readonly events: readonly SoakEvent[]
  readonly kept: KeptRows
  readonly tally: Tally
  /** Whether something has been done lately that may fail statements. */
  readonly isDisturbed: () => boolean
  readonly signal: AbortSignal
}

/**
 * What statements may fail with while they are disturbed: an API's errors, cancellation and an end by an
 * administrator, and a connection that is lost or cannot be made while PostgreSQL is started again.
 */
const disturbedStates = /^(?:HV\w{3}|57014|57P0[123]|08006|53300)$/

/** What the driver says of a connection that was lost, in a statement or between two. */
const lostConnection = /^(?:Connection terminated|Client has encountered a connection error)/

/** Milliseconds between two statements, at most. */
const longestPause = 40

/** Statements of one connection, at most. */
const mostStatements = 100

const drawn = [...statementKinds].flatMap(([name, { weight }]) => Array<string>(weight).fill(name))

/** Resolves when the signal is aborted, after the last statement. Never rejects. */
export async function soakingClient(options: SoakingClientOptions): Promise<void> {
  const { random, signal } = options
  while (!signal.aborted) await useConnection(options, 1 + random.below(mostStatements))
}

async function useConnection(options: SoakingClientOptions, statements: number): Promise<void> {
  const { config, random, signal } = options
  const client = new pg.Client(config)
  client.on('error', () => {}) // told by the statement that fails
  try {
    if (!(await attempt(options, 'connect', () => client.connect()))) {
      await delay(random.below(200))
      return
    }
    for (let left = statements; left > 0 && !signal.aborted; left--) {
      const name = drawn[random.below(drawn.length)] ?? 'scan'
      const run = statementKinds.get(name)?.run
      // Where a transaction has been left in some state is not looked into.
      if (run === undefined || !(await attempt(options, name, () => run({ ...options, client })))) return
      await delay(random.below(longestPause))
    }
  } finally {
    await client.end().catch(() => {})
  }
}

/** @returns whether it went well */
async function attempt(
  { tally, isDisturbed }: SoakingClientOptions,
  name: string,
  run: () => Promise<unknown>,
): Promise<boolean> {
  const wasDisturbed = isDisturbed()
  try {
    await run()
    tally.noteRight(name)
    return true
  } catch (error) {
    const { code, message } = Object(error)
    const state = typeof code === 'string' ? code : String(message)
    tally.noteError(name, state)
    if (error instanceof WrongAnswer) tally.noteFault(error.message)
    else if (!(wasDisturbed || isDisturbed())) {
      tally.noteFault(`${name} has failed although nothing was disturbed: ${state}: ${message}`)
    } else if (!disturbedStates.test(state) && !lostConnection.test(String(message))) {
      tally.noteFault(`${name} has failed with ${state}: ${message}`)
    }
    return false
  }
}
