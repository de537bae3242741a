import type { Postgres } from './postgres.js'

/** A PostgreSQL of a test's own, in a temporary home that is removed with it. */
export interface TestPostgres extends Postgres, AsyncDisposable {
  readonly home: string
}

/** Starts one from a template that is made once per machine. Durability is off. */
export function startTestPostgres(): Promise<TestPostgres> {
  return Promise.reject(new Error('not yet'))
}
