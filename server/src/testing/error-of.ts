import { errorOf as rejectionOf } from '@millrace/plugin-sdk/testing'
import pg from 'pg'

/** The error that PostgreSQL, or the gateway, answers with. */
export function errorOf(promise: Promise<unknown>): Promise<pg.DatabaseError> {
  return rejectionOf(promise, pg.DatabaseError)
}
