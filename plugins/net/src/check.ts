/** Whether a connection works: whether its DNS server answers a question that every one can answer. */
import { ApiError, type CheckResult, type CheckScan } from '@millrace/plugin-sdk'
import type { NetConnection } from './connection.js'

/** RFC 6761, section 6.3: a server answers it by itself. One that does not has answered all the same. */
const question = { name: 'localhost', type: 'A' } as const

export async function checkConnection({ dns }: NetConnection, { call }: CheckScan): Promise<CheckResult> {
  const server = dns.serverTexts.join(', ')
  const facts: CheckResult['facts'] = server === '' ? {} : { 'DNS server': server }
  try {
    await call('A', (signal) => dns.records(question, undefined, signal))
    return { facts }
  } catch (error) {
    // It cannot tell, and says so: one that only knows the names of a company, for instance.
    if (ApiError.is(error) && error.code !== undefined && answered.has(error.code)) return { facts }
    throw error
  }
}

/** What a server says that is there and does not answer the question. */
const answered: ReadonlySet<string> = new Set(['REFERRAL', 'REFUSED', 'SERVFAIL', 'NOTIMP'])
