/**
 * A simple query whose statements name virtual tables. They run one by one by the extended protocol, with one Sync at
 * the end: as in a simple query, they are one transaction unless they say otherwise.
 */
import type { Statement } from '@millrace/sql-engine/parse/statement'
import { type StagedStatement, unchangedStatement } from '@millrace/sql-engine/statement'
import type { Backend } from '../backend/backend.js'
import { HiddenReplies } from '../backend/hidden-replies.js'
import { plain, type ReplyHandler } from '../backend/reply-queue.js'
import {
  bindMessage,
  bindRest,
  closeMessage,
  copyFailMessage,
  describeMessage,
  executeMessage,
  parseMessage,
  syncMessage,
} from '../wire/frontend-messages.js'
import { backend as messages } from '../wire/message-types.js'
import { stagedReplies } from './staged-replies.js'
import type { StatementStaging } from './statement-staging.js'

export interface SimpleQueryOptions {
  readonly backend: Backend
  readonly staging: StatementStaging
}

/** Messages that a client does not get for a simple query. */
const unasked = [messages.parseComplete, messages.bindComplete, messages.noData]

/** @param message the client's, which holds the statements */
export async function runSimpleQuery(
  statements: readonly Statement[],
  message: Buffer,
  { backend, staging }: SimpleQueryOptions,
): Promise<void> {
  await backend.settle()
  // PostgreSQL ignores the message: after an error before it, or while it waits for COPY's data.
  if (backend.replies.skipping || backend.replies.copying) {
    backend.send(message, plain.query)
    return
  }
  const [first, ...others] = statements
  if (first === undefined) return
  if (others.length === 0) {
    const runs = await runAlone(first, message, { backend, staging })
    if (runs === 'as it stands') return
  } else {
    if (!backend.isInTransaction) beginImplicitTransaction(backend)
    for (const statement of statements) {
      await backend.settle()
      if (backend.replies.skipping) break
      const staged = statement.mayNameVirtualTables
        ? await stageParsed(statement, { backend, staging })
        : unstaged(statement)
      if (staged === undefined) break
      await run(staged, statement, backend)
    }
  }
  await backend.settle()
  const hasFailed = backend.replies.skipping
  // PostgreSQL's idle timeouts count from the last Sync if nothing comes after it, so this comes last.
  if (!hasFailed) destroyUnnamed(backend, 'statement and portal')
  backend.send(syncMessage, plain.sync)
  if (!hasFailed) return
  // It would skip anything before the Sync. The client's transaction has ended, or failed.
  destroyUnnamed(backend, 'statement')
  backend.send(syncMessage, { kind: 'sync', handler: new HiddenReplies() })
}

/**
 * Runs the one statement of a text: PostgreSQL gets the message itself if the statement need not be replaced after
 * all.
 */
async function runAlone(
  statement: Statement,
  message: Buffer,
  options: SimpleQueryOptions,
): Promise<'as it stands' | 'staged'> {
  const { backend } = options
  // What the client has sent before, without a Sync, is one transaction with this.
  const { isPipelined } = backend.replies
  // PostgreSQL rejects a cursor without a transaction.
  const isRefused = statement.needsTransaction && !backend.isInTransaction
  const staged = isRefused ? unstaged(statement) : await stageParsed(statement, options)
  if (staged === undefined) return 'staged'
  const isOther = staged.statement.text !== statement.text || staged.statement.finished !== undefined
  if (isPipelined || isOther) {
    await run(staged, statement, backend)
    return 'staged'
  }
  // The engine's questions have begun a transaction of the extended protocol, which a simple query would continue.
  if (!isRefused) backend.send(syncMessage, { kind: 'sync', handler: new HiddenReplies() })
  backend.send(message, plain.query)
  return 'as it stands'
}

interface Staged {
  readonly statement: StagedStatement
  /** What PostgreSQL says of the client's own statement. */
  readonly described: Buffer | undefined
}

function unstaged({ text }: Statement): Staged {
  return { statement: unchangedStatement(text), described: undefined }
}

/**
 * Stages a statement that PostgreSQL has parsed: it says what is wrong with it before any API is asked. @returns
 * undefined after an error
 */
async function stageParsed(
  statement: Statement,
  { backend, staging }: SimpleQueryOptions,
): Promise<Staged | undefined> {
  const handler = stagedReplies(unchangedStatement(statement.text), statement.start, { hidden: unasked })
  let described: Buffer | undefined
  const describing: ReplyHandler = {
    takesRows: false,
    reply(type, message) {
      if (type === messages.rowDescription) described = Buffer.from(message)
      const isHidden = type === messages.rowDescription || type === messages.parameterDescription
      return isHidden ? undefined : handler.reply(type, message)
    },
  }
  backend.send(parseMessage('', statement.text, []), { kind: 'parse', handler })
  backend.send(describeMessage('S', ''), { kind: 'describe', handler: describing })
  await backend.settle()
  if (backend.replies.skipping) return undefined
  const staged = await staging.stage(statement, undefined)
  return staged && { statement: staged, described }
}

async function run(
  { statement: staged, described }: Staged,
  statement: Statement,
  backend: Backend,
): Promise<void> {
  const handler = withoutCopyIn(
    stagedReplies(staged, statement.start, { described, hidden: unasked }),
    backend,
  )
  backend.send(parseMessage('', staged.text, []), { kind: 'parse', handler })
  backend.send(bindMessage('', '', bindRest(undefined)), { kind: 'bind', handler })
  backend.send(describeMessage('P', ''), { kind: 'describe', handler })
  backend.send(executeMessage(''), { kind: 'execute', handler })
  if (staged.finished === undefined) return
  await backend.settle()
  staged.finished()
}

/**
 * Begins the implicit transaction block of several statements. In a simple query they are in one from the first on;
 * by the extended protocol, only from the second on. So something that takes no snapshot is run before them.
 */
function beginImplicitTransaction(backend: Backend): void {
  const handler = new HiddenReplies()
  backend.send(parseMessage('', 'show transaction_isolation', []), { kind: 'parse', handler })
  backend.send(bindMessage('', '', bindRest(undefined)), { kind: 'bind', handler })
  backend.send(executeMessage(''), { kind: 'execute', handler })
}

/**
 * Destroys what a simple query does not leave: the unnamed statement, and the unnamed portal unless the query has
 * failed.
 */
function destroyUnnamed(backend: Backend, what: 'statement' | 'statement and portal'): void {
  const handler = new HiddenReplies()
  backend.send(closeMessage('S', ''), { kind: 'close', handler })
  if (what !== 'statement') backend.send(closeMessage('P', ''), { kind: 'close', handler })
}

/** Rejects COPY FROM STDIN among other statements: it would need the client's data in the middle of them. */
function withoutCopyIn(handler: ReplyHandler, backend: Backend): ReplyHandler {
  return {
    takesRows: handler.takesRows,
    reply(type, message) {
      if (type !== messages.copyInResponse) return handler.reply(type, message)
      backend.send(
        copyFailMessage('it stands in one query string with statements over virtual tables'),
        plain.copyEnd,
      )
      backend.flush()
      return undefined
    },
  }
}
