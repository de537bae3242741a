import { DatabaseError } from '@millrace/sql-engine/database-error'
import { describe, expect, it } from 'vitest'
import { failureOf } from './error-line.js'
import { UserError } from './user-error.js'

describe('a failure on the terminal', () => {
  it('is the message of what the user can mend, with its exit code', () => {
    expect(failureOf(new UserError('MILLRACE_PORT is "x"', 2))).toEqual({
      line: 'MILLRACE_PORT is "x"',
      exitCode: 2,
    })
  })

  it('is one line, however much PostgreSQL has to say', () => {
    const error = new DatabaseError('the engine does not start', {
      sqlState: '57P03',
      detail: 'FATAL:  first\n  second\n',
      hint: 'Look at it.',
    })
    expect(failureOf(error)).toEqual({
      line: 'the engine does not start. FATAL:  first | second. Look at it.',
      exitCode: 1,
    })
  })

  it('has the exit code of misuse where a connection is configured wrongly', () => {
    const error = new DatabaseError('"public" cannot be the name of a connection', { sqlState: 'F0000' })
    expect(failureOf(error).exitCode).toBe(2)
  })

  it('shows no stack of what nobody foresaw', () => {
    expect(failureOf(new TypeError('x is not a function'))).toEqual({
      line: 'x is not a function',
      exitCode: 1,
    })
    expect(failureOf('thrown')).toEqual({ line: 'thrown', exitCode: 1 })
  })
})
