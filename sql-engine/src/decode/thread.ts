/** A thread that decodes: runs decoders of plugins, several at a time, and encodes their rows for COPY. */
import { parentPort } from 'node:worker_threads'
import type { Decoder } from '@millrace/plugin-sdk'
import { copyRowEncoder } from '../stage/copy-row-encoder.js'
import { Outbox } from './outbox.js'
import { Places } from './places.js'
import { sentError } from './sent-error.js'
import { TaskParts } from './task-parts.js'
import { type FromThread, type ToThread, window } from './thread-messages.js'
import { WorkPlace } from './work-place.js'

interface Task {
  readonly parts: TaskParts
  /** For batches that are sent and not yet taken. */
  readonly batches: Places
  readonly place: WorkPlace
}

/** The most tasks that are worked on at once: one computes while the bytes of another are inflated elsewhere. */
const mostAtWork = 2

const workPlaces = new Places(mostAtWork)

const tasks = new Map<number, Task>()
const text = new TextEncoder()

const outbox = new Outbox<FromThread>(
  (messages, transfer) => parentPort?.postMessage(messages, transfer),
  ({ task }, error) => {
    tell({ kind: 'failed', task, error: sentError(error) })
    abort(task)
  },
)

function tell(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
  outbox.add(message, transfer)
}

parentPort?.on('message', (messages: readonly ToThread[]) => {
  for (const message of messages) receive(message)
})

function receive(message: ToThread): void {
  if (message.kind === 'start') {
    void run(message)
    return
  }
  const task = tasks.get(message.task)
  switch (message.kind) {
    case 'part':
      task?.parts.add(message.part)
      break
    case 'end':
      task?.parts.end()
      break
    case 'taken':
      task?.batches.giveBack()
      break
    case 'abort':
      abort(message.task)
      break
  }
}

function abort(number: number): void {
  const task = tasks.get(number)
  task?.parts.abort()
  task?.batches.close()
  task?.place.leave()
}

/** Never rejects. */
async function run(start: Extract<ToThread, { kind: 'start' }>): Promise<void> {
  const { task } = start
  const place = new WorkPlace(workPlaces)
  const parts = new TaskParts(() => tell({ kind: 'taken', task }), place)
  const work = { parts, batches: new Places(window), place }
  tasks.set(task, work)
  try {
    await place.take()
    await decode(start, work)
    tell({ kind: 'done', task })
  } catch (error) {
    tell({ kind: 'failed', task, error: sentError(error) })
  } finally {
    tasks.delete(task)
    place.leave()
  }
}

async function decode(
  { task, module, name, options, encoding }: Extract<ToThread, { kind: 'start' }>,
  { parts, batches, place }: Task,
): Promise<void> {
  const loaded: Record<string, unknown> = await import(module)
  const decoder = loaded[name]
  if (!isDecoder(decoder)) throw new Error(`${module} exports no decoder "${name}"`)
  const { columns, constants, tableName } = encoding
  const encode = copyRowEncoder(columns, tableName)
  for await (const { rows, remarks } of decoder.decode(parts, options)) {
    let lines = ''
    for (const row of rows) lines += encode(constants === undefined ? row : { ...row, ...constants })
    const isOpen = batches.areTaken ? await place.whileWaiting(() => batches.take()) : await batches.take()
    if (!isOpen) return
    const bytes = text.encode(lines)
    tell({ kind: 'rows', task, count: rows.length, bytes, remarks }, [bytes.buffer])
    // What is told is sent, and what has come is taken, however long the next rows take.
    await turn()
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function isDecoder(value: unknown): value is Decoder<unknown, unknown, unknown> {
  return value instanceof Object && 'decode' in value && typeof value.decode === 'function'
}
