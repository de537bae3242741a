/** Settings of a file connection. `paths`, `separator`, `comment` and `header` are those of Steampipe's plugin csv. */
import { isAbsolute } from 'node:path'
import { allowPrivateAddresses, columnTypeSetting, jsonPointer } from '@millrace/plugin-sdk'
import { z } from 'zod'
import { isHttp } from './files/locations.js'
import { formats } from './formats/file-part.js'

const folder = z
  .string()
  .refine((text) => isAbsolute(text) || /^~(?:\/|$)/.test(text), 'expected an absolute path, or one with ~/')

const source = z
  .string()
  .min(1)
  .refine(
    (text) => !/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || isHttp(text),
    'expected a path, or an http(s) URL',
  )

const separator = z.string().length(1).describe('The character between the fields of CSV.')
const comment = z.string().max(1).describe('The character with which lines of CSV begin that are left out.')
const header = z
  .enum(['auto', 'on', 'off'])
  .describe('Whether the first row of CSV names the columns; `auto` decides by what stands in it.')
const nulls = z
  .array(z.string())
  .describe('Unquoted texts of CSV that stand for NULL, such as `["NULL", "-"]`.')

const table = z.strictObject({
  source: z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(source).min(1)),
  format: z.enum(formats).optional(),
  columns: z.record(z.string(), columnTypeSetting).default({}),
  rows: jsonPointer.optional(),
  separator: separator.optional(),
  comment: comment.optional(),
  header: header.optional(),
  nulls: nulls.optional(),
})

export const fileConfig = z.strictObject({
  folders: z
    .array(folder)
    .default([])
    .describe(
      'The folders whose files may be read, and no others; symbolic links that lead out of them are refused.',
    ),
  paths: z
    .array(source)
    .default([])
    .describe(
      'Paths, patterns such as `lists/*.csv`, or URLs: each file is a table with the name of the file.',
    ),
  tables: z
    .record(z.string().min(1), table)
    .default({})
    .describe('Tables by name, each with its `source` and [more](file.md#tables).'),
  separator: separator.optional(),
  comment: comment.optional(),
  header: header.default('auto'),
  nulls: nulls.default([]),
  sample_rows: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(10_000)
    .describe('By how many rows of each file the columns and their types are told.'),
  allow_private_addresses: allowPrivateAddresses.describe(
    'Whether URLs may lead to addresses that are not public: `true`, or a list of networks such as `["10.1.0.0/16"]`.',
  ),
})

export type FileConfig = z.infer<typeof fileConfig>
export type TableSettings = z.infer<typeof table>
