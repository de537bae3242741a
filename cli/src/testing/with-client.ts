import pg from 'pg'

/** Connects for the duration of some work. A connection that is lost is told of by the question that it keeps from being answered. */
export async function withClient<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client(url)
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Asks one question, and gives the values of its rows, one after the other. */
export function valuesOf(url: string, sql: string): Promise<unknown[]> {
  return withClient(url, async (client) => (await client.query({ text: sql, rowMode: 'array' })).rows.flat())
}
