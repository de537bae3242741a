import type { TestGateway } from './test-gateway.js'

/** The calls that were made since they were last forgotten, as `table: conditions`, in order. */
export function asked({ calls }: Pick<TestGateway, 'calls'>): string[] {
  return calls.map(({ table, quals }) => `${table}: ${quals.join('; ')}`).sort()
}
