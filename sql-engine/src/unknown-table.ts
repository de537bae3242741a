import { DatabaseError } from './database-error.js'

/** PostgreSQL would ask for it over the loopback again, and without end. */
export function unknownTable(): DatabaseError {
  return new DatabaseError('a virtual table is read that this gateway does not know', {
    sqlState: '55000', // object_not_in_prerequisite_state
    detail: 'Another gateway over the database has made or changed it.',
    hint: 'Have all gateways read the same configuration again.',
  })
}
