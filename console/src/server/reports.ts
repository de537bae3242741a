/** Errors and notices for the page. */
import { z } from 'zod'
import type { Progress, Report } from '../protocol/messages.js'
import type { DatabaseNotice } from './database.js'

/** As drivers give what PostgreSQL says: https://www.postgresql.org/docs/18/protocol-error-fields.html */
const databaseError = z.object({
  message: z.string(),
  severity: z.string().optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
  hint: z.string().optional(),
  where: z.string().optional(),
  position: z.coerce.number().optional(),
})

/**
 * @param sent the text in which the error has its place
 * @param prefix what stands in it before the person's own statement
 */
export function reportOf(error: unknown, sent = '', prefix = ''): Report {
  const { data } = databaseError.safeParse(error)
  if (data === undefined) return { severity: 'ERROR', message: String(error) }
  const { position, severity = 'ERROR', ...rest } = data
  return { severity, ...rest, position: placeOf(position, sent, prefix) }
}

export function reportOfNotice({
  severity = 'NOTICE',
  message,
  detail,
  hint,
  where,
}: DatabaseNotice): Report {
  return { severity, message, detail, hint, where }
}

const progressShape = z.object({
  scans: z.array(z.looseObject({ scan: z.number() })),
  calls: z.array(z.unknown()),
})

/** @returns undefined for a notice that is not one of `millrace.progress = 'json'` */
export function progressIn(message: string): Progress | undefined {
  if (!message.startsWith('{"scans":[')) return undefined
  try {
    const read: unknown = JSON.parse(message)
    return progressShape.safeParse(read).success ? (read as Progress) : undefined
  } catch {
    return undefined
  }
}

/** PostgreSQL counts characters from 1 on; JavaScript counts UTF-16 units. */
function placeOf(position: number | undefined, sent: string, prefix: string): number | undefined {
  if (position === undefined || sent === '') return undefined
  const place = [...sent].slice(0, position - 1).join('').length - prefix.length
  return place < 0 ? undefined : Math.min(place, sent.length - prefix.length)
}
