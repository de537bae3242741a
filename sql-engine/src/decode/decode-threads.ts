/**
 * Threads beside the main one, which decode what APIs answer. They are started as they are needed, and share their tasks by
 * the number that each has.
 */
import { setMaxListeners } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Decoded, Decoder } from '@millrace/plugin-sdk'
import type { Logger } from 'pino'
import { canceledError } from '../database-error.js'
import { sealedRows } from '../stage/encoded-rows.js'
import { Outbox } from './outbox.js'
import { Places } from './places.js'
import { receivedError } from './sent-error.js'
import { type FromThread, type RowEncoding, type ToThread, window } from './thread-messages.js'

export interface DecodeRequest<Options, Remark, Part> {
  readonly decoder: Decoder<Options, Remark, Part>
  readonly parts: AsyncIterable<Part>
  readonly options: Options
  readonly encoding: RowEncoding
  readonly signal: AbortSignal
}

/**
 * One for each core: the main thread does a quarter of what they do. With a single core, they would only take memory; more than
 * eight outrun PostgreSQL, which takes their rows.
 */
export function usualThreads(): number {
  const cores = availableParallelism()
  return cores === 1 ? 0 : Math.min(cores, 8)
}

/**
 * Megabytes for what a thread has just made, which is garbage as soon as its rows are written. With as much as V8 would take, a
 * thread takes 20 MB more, and is no faster.
 */
const youngMegabytes = 12

export interface DecodeThreadsOptions {
  /** How many there may be; 0 for none, where all is decoded in the main thread. */
  readonly most: number
  readonly log: Logger
  /**
   * How long a decoder may take to notice that nobody waits for it, in milliseconds. Then its thread is ended. Default is
   * five seconds.
   */
  readonly patience?: number
}

/** The program of a thread; undefined where this one runs from its sources, which Node.js itself may not understand. */
function threadProgram(): URL | undefined {
  return import.meta.url.endsWith('.ts') ? undefined : new URL('./thread.js', import.meta.url)
}

export class DecodeThreads {
  readonly #program = threadProgram()
  readonly #most: number
  readonly #log: Logger
  readonly #patience: number
  readonly #threads = new Set<Thread>()
  #isStopped = false

  constructor({ most, log, patience = 5_000 }: DecodeThreadsOptions) {
    this.#most = most
    this.#log = log
    this.#patience = patience
  }

  get areThere(): boolean {
    return this.#most > 0 && this.#program !== undefined && !this.#isStopped
  }

  /**
   * Decodes one answer. The rows are sealed: see `sealedRows`.
   * @throws what the parts throw, or the decoder; DatabaseError 57014 when the signal is aborted; Error where the thread ends
   */
  async *decode<Options, Remark, Part>({
    decoder,
    parts,
    options,
    encoding,
    signal,
  }: DecodeRequest<Options, Remark, Part>): AsyncGenerator<Decoded<Remark>, void, void> {
    if (signal.aborted) throw canceledError()
    const { module, name } = decoder
    const task = this.#thread().start({ kind: 'start', module: module.href, name, options, encoding })
    const onAbort = () => task.fail(canceledError())
    setMaxListeners(0, signal) // all answers of a scan listen to it
    signal.addEventListener('abort', onAbort, { once: true })
    void feed(task, parts)
    try {
      for (;;) {
        const batch = await task.next()
        if (batch === undefined) return
        task.tell('taken')
        const { count, bytes, remarks } = batch
        // They are the decoder's own, which nothing but its thread has seen.
        yield { rows: sealedRows({ count, bytes }), remarks: remarks as readonly Remark[] }
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      task.close()
    }
  }

  /** Ends all threads, and what they do. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(
      [...this.#threads].map((thread) => thread.end(new Error('the engine has been stopped'))),
    )
  }

  /** The thread with the fewest tasks; another one where all have some and there may be more. */
  #thread(): Thread {
    const [idlest] = [...this.#threads].sort((one, other) => one.load - other.load)
    if (idlest !== undefined && (idlest.load === 0 || this.#threads.size >= this.#most)) return idlest
    if (this.#program === undefined) throw new Error('there are no threads that decode')
    const thread = new Thread(this.#program, this.#patience, (cause) => {
      this.#threads.delete(thread)
      if (!this.#isStopped) this.#log.error({ err: cause }, 'a thread that decodes has ended')
    })
    this.#threads.add(thread)
    return thread
  }
}

/** Sends the parts of an answer, as the thread takes them. Never rejects. */
async function feed(task: Task, parts: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const part of parts) {
      if (!(await task.room.take())) return
      task.send(part)
    }
    task.tell('end')
  } catch (error) {
    task.fail(error)
  }
}

type Batch = Extract<FromThread, { kind: 'rows' }>
type Outcome = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: unknown }

/** The decoding of one answer, as the main thread sees it. */
class Task {
  /** For parts that are sent and not yet taken. */
  readonly room = new Places(window)
  readonly #number: number
  readonly #thread: Thread
  readonly #batches: Batch[] = []
  #outcome: Outcome | undefined
  #wake: () => void = () => {}

  constructor(number: number, thread: Thread) {
    this.#number = number
    this.#thread = thread
  }

  /** @returns undefined after the last batch. @throws what has failed it */
  async next(): Promise<Batch | undefined> {
    for (;;) {
      const batch = this.#batches.shift()
      if (batch !== undefined) return batch
      if (this.#outcome?.kind === 'failed') throw this.#outcome.error
      if (this.#outcome !== undefined) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  receive(message: FromThread): void {
    if (message.kind === 'taken') this.room.giveBack()
    else if (message.kind === 'rows') this.#batches.push(message)
    else if (message.kind === 'done') this.#settle({ kind: 'done' })
    else this.fail(receivedError(message.error), 'after its batches')
    this.#wake()
  }

  tell(kind: 'end' | 'taken'): void {
    if (this.#outcome === undefined) this.#thread.post({ kind, task: this.#number })
  }

  send(part: unknown): void {
    if (this.#outcome !== undefined) return
    const task = this.#number
    if (!(part instanceof Uint8Array)) this.#thread.post({ kind: 'part', task, part })
    else {
      const bytes = bytesToMove(part)
      this.#thread.post({ kind: 'part', task, part: bytes }, [bytes.buffer])
    }
  }

  /** @param when whether what was decoded before is still wanted */
  fail(error: unknown, when: 'at once' | 'after its batches' = 'at once'): void {
    if (when === 'at once') this.#batches.length = 0
    this.#settle({ kind: 'failed', error })
    this.#wake()
  }

  /** Nobody waits for it any more. */
  close(): void {
    this.#settle({ kind: 'done' })
    this.room.close()
    this.#thread.leave(this.#number)
  }

  #settle(outcome: Outcome): void {
    this.#outcome ??= outcome
    this.room.close()
  }
}

/** Memory that has been moved to other threads: what is left of it here is empty. */
const movedMemory = new WeakSet<ArrayBufferLike>()

/**
 * Bytes that are moved to another thread with the memory that holds them. What is a part of some memory is copied: others may
 * need the rest.
 * @throws Error for bytes that have been moved before
 */
function bytesToMove(part: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = part
  if (movedMemory.has(buffer)) throw new Error('bytes that are to be decoded were given before')
  const isAlone = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
  if (!isAlone) return new Uint8Array(part)
  movedMemory.add(buffer)
  return new Uint8Array(buffer)
}

let lastTask = 0

class Thread {
  readonly #worker: Worker
  readonly #tasks = new Map<number, Task>()
  /** Those that the thread has not yet said to have ended, though nobody waits for them. */
  readonly #leaving = new Map<number, NodeJS.Timeout>()
  readonly #patience: number
  readonly #onEnd: (cause: Error) => void
  readonly #outbox = new Outbox<ToThread>(
    (messages, transfer) => {
      if (!this.#hasEnded) this.#worker.postMessage(messages, transfer)
    },
    (message, error) => this.#refuse(message, error),
  )
  #hasEnded = false

  constructor(program: URL, patience: number, onEnd: (cause: Error) => void) {
    this.#patience = patience
    this.#onEnd = onEnd
    // Nothing of the environment's: it may hold secrets, and decoders need none.
    this.#worker = new Worker(program, {
      env: {},
      execArgv: [],
      name: 'millrace decoder',
      resourceLimits: { maxYoungGenerationSizeMb: youngMegabytes },
    })
    // The process may end although it is there.
    this.#worker.unref()
    this.#worker.on('message', (messages: readonly FromThread[]) => {
      for (const message of messages) this.#receive(message)
    })
    this.#worker.on('error', (error) => this.#lost(error))
    this.#worker.on('exit', (code) =>
      this.#lost(new Error(`a thread that decodes has ended with status ${code}`)),
    )
  }

  get load(): number {
    return this.#tasks.size
  }

  start(start: Omit<Extract<ToThread, { kind: 'start' }>, 'task'>): Task {
    const number = ++lastTask
    this.post({ ...start, task: number })
    const task = new Task(number, this)
    this.#tasks.set(number, task)
    return task
  }

  post(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#outbox.add(message, transfer)
  }

  /** A decoder that does not end soon is in the way of all others. */
  leave(number: number): void {
    if (!this.#tasks.has(number) || this.#leaving.has(number)) return
    this.post({ kind: 'abort', task: number })
    const timer = setTimeout(() => {
      void this.end(new Error('a decoder did not end, and its thread was ended'))
    }, this.#patience)
    timer.unref()
    this.#leaving.set(number, timer)
  }

  async end(cause: Error): Promise<void> {
    this.#lost(cause)
    await this.#worker.terminate()
  }

  #receive(message: FromThread): void {
    const task = this.#tasks.get(message.task)
    if (message.kind === 'done' || message.kind === 'failed') {
      this.#tasks.delete(message.task)
      clearTimeout(this.#leaving.get(message.task))
      this.#leaving.delete(message.task)
    }
    task?.receive(message)
  }

  /** What a plugin has given is no plain data. */
  #refuse({ kind, task }: ToThread, error: unknown): void {
    this.#tasks.get(task)?.fail(error)
    // The thread knows nothing of it, and will not say that it has ended.
    if (kind === 'start') this.#tasks.delete(task)
  }

  #lost(cause: Error): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    for (const timer of this.#leaving.values()) clearTimeout(timer)
    for (const task of this.#tasks.values()) task.fail(cause)
    this.#tasks.clear()
    this.#onEnd(cause)
  }
}
