/** What a file may say of one user. */
import { parseVerifier } from '@millrace/server/startup/scram-verifier'
import { z } from 'zod'
import { secretSourceSchema } from './secret-sources.js'

/** @param usual what holds without it */
function ceiling(what: string) {
  return z.int().min(0).optional().describe(`${what}. The user's sessions may choose less, and not more.`)
}

export const userSchema = z
  .strictObject({
    verifier: z
      .union([z.string(), secretSourceSchema])
      .refine(
        (value) => typeof value !== 'string' || parseVerifier(value) !== undefined,
        'expected a verifier such as millrace user passwd writes',
      )
      .optional()
      .describe(
        'What the password is checked by, as PostgreSQL keeps it in `pg_authid`; `millrace user passwd` writes it. A clear password has no place here. Or [where it stands](#secrets).',
      ),
    certificate: z
      .union([z.strictObject({ cn: z.string().min(1) }), z.strictObject({ san: z.string().min(1) })], {
        error: 'expected { cn: … } or { san: … }',
      })
      .optional()
      .describe(
        'The name in the certificate that a client must present: `{ "cn": … }` for the subject\'s common name, `{ "san": … }` for an alternative name (an e-mail address, a DNS name or a URI). In place of a password; with a `verifier`, both are needed. Needs `tls.client_ca`.',
      ),
    connections: z
      .array(z.string().min(1))
      .default([])
      .describe('Names of the connections that it sees; `*` stands for any run of characters, `?` for one.'),
    max_api_calls: ceiling('The most API calls of a statement'),
    max_keys: ceiling('The most combinations of key values that one scan asks for'),
    max_rows: ceiling('The most rows that a statement fetches'),
    max_bytes: ceiling('The most bytes of rows that a statement fetches'),
    statement_timeout: z
      .number()
      .positive()
      .max(86_400 * 7)
      .optional()
      .describe("The most seconds that a statement takes, whatever the session's `statement_timeout` is."),
    max_sessions: z.int().min(0).optional().describe('The most sessions at one time.'),
    max_temp_file_mb: z
      .int()
      .min(0)
      .max(1_000_000)
      .optional()
      .describe("The most megabytes of temporary files of a session, PostgreSQL's `temp_file_limit`."),
  })
  .refine(({ verifier, certificate }) => verifier !== undefined || certificate !== undefined, {
    error: 'needs a verifier, a certificate, or both: millrace user passwd gives it a password',
  })

export type UserSettings = z.infer<typeof userSchema>
