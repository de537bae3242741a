import { expect, test } from 'vitest'
import { levelOf, logLineReader } from './server-log.js'

/** What of some lines may be shown. */
function shown(...lines: readonly string[]): string[] {
  const read = logLineReader()
  return lines.map(read).flatMap(({ mayQuote, text }) => (mayQuote ? [] : [text]))
}

test('the statement of a process that has crashed is not shown, nor the lines that it goes on with', () => {
  expect(
    shown(
      'postmaster||LOG:  client backend (PID 12) was terminated by signal 9: Killed',
      "postmaster||DETAIL:  Failed process was running: select 'a secret',",
      "\t'another'",
      'postmaster||LOG:  terminating any other active server processes',
      'a word without a prefix',
    ),
  ).toEqual([
    'LOG:  client backend (PID 12) was terminated by signal 9: Killed',
    'LOG:  terminating any other active server processes',
    'a word without a prefix',
  ])
})

test('what clients have done wrong is not shown, whatever their role', () => {
  expect(
    shown(
      'client backend|millrace|ERROR:  invalid input syntax for type integer: "a secret"',
      'client backend|somebody|WARNING:  a secret',
      'parallel worker|somebody|FATAL:  a secret',
      '\tand more',
      'client backend|millrace_engine|ERROR:  invalid input syntax for type inet: "a secret"',
      'client backend|millrace_engine|CONTEXT:  COPY s_1, line 1: "a secret"',
      'client backend|somebody|STATEMENT:  a secret',
    ),
  ).toEqual([])
})

test('what PostgreSQL says of itself is shown', () => {
  const read = logLineReader()
  const lines = [
    'checkpointer||WARNING:  could not fsync file',
    'client backend|millrace|PANIC:  could not write to file "pg_wal/xlogtemp.12": No space left on device',
    'client backend|millrace_engine|FATAL:  terminating connection due to administrator command',
    'startup||LOG:  redo starts at 0/152B6A8',
  ].map(read)
  expect(lines.map(({ mayQuote }) => mayQuote)).toEqual([false, false, false, false])
  expect(lines.map(levelOf)).toEqual(['warn', 'error', 'debug', 'debug'])
})
