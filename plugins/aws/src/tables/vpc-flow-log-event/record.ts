/**
 * Flow log records in the default format, as the page "Flow log records" of the VPC user guide has it.
 */
import { isIP } from 'node:net'

/** The fields in their order, by the columns that show them. */
export const recordFields = [
  'version',
  'interface_account_id',
  'interface_id',
  'src_addr',
  'dst_addr',
  'src_port',
  'dst_port',
  'protocol',
  'packets',
  'bytes',
  'start',
  'end',
  'action',
  'log_status',
] as const

export type RecordField = (typeof recordFields)[number]

/**
 * Words with single blanks between them, without quotes or brackets, with which filter patterns divide a message
 * otherwise. Only so is it certain that patterns and columns mean the same field.
 */
const plainWords = /^[^\s"[\]]+(?: [^\s"[\]]+)*$/

/** A field without a value, as where there was no traffic. */
const none = '-'

/** The columns of a record; none for a message that is no record. */
export function readRecord(message: string) {
  const words = plainWords.test(message) ? message.split(' ') : []
  const fields = new Map(recordFields.map((field, index) => [field, words[index]]))
  const textOf = (field: RecordField) => {
    const word = fields.get(field)
    return word === none ? undefined : word
  }
  return {
    version: wholeNumber(textOf('version')),
    interface_account_id: textOf('interface_account_id'),
    interface_id: textOf('interface_id'),
    src_addr: address(textOf('src_addr')),
    dst_addr: address(textOf('dst_addr')),
    src_port: wholeNumber(textOf('src_port')),
    dst_port: wholeNumber(textOf('dst_port')),
    protocol: wholeNumber(textOf('protocol')),
    packets: wholeNumber(textOf('packets')),
    bytes: wholeNumber(textOf('bytes')),
    start: time(textOf('start')),
    end: time(textOf('end')),
    action: textOf('action'),
    log_status: textOf('log_status'),
  }
}

/** Without leading zeros, since a pattern compares texts. */
function wholeNumber(word: string | undefined): bigint | undefined {
  return word !== undefined && /^(?:0|[1-9]\d{0,17})$/.test(word) ? BigInt(word) : undefined
}

function address(word: string | undefined): string | undefined {
  return word !== undefined && isIP(word) !== 0 && !word.includes('%') ? word : undefined
}

function time(word: string | undefined): Date | undefined {
  return word !== undefined && /^\d{1,11}$/.test(word) ? new Date(Number(word) * 1000) : undefined
}
