/**
 * Settings of an AWS connection. Names are those of Steampipe's AWS plugin, so that its files can be reused.
 */
import { z } from 'zod'

/** A region's name, or a pattern of names: `*` stands for any run of characters, `?` for one. */
const regionPattern = z
  .string()
  .regex(/^[a-z0-9*?-]+$/, 'a region such as us-east-1, or a pattern such as eu-*')

export const awsConfig = z
  .strictObject({
    profile: z
      .string()
      .min(1)
      .optional()
      .describe('A profile of the AWS configuration files; it is an error if there is none of that name.'),
    access_key: z
      .string()
      .min(1)
      .optional()
      .describe('The access key ID of fixed credentials, which need `secret_key` too.'),
    secret_key: z.string().min(1).optional().describe('The secret of the access key.'),
    session_token: z.string().min(1).optional().describe('The session token of temporary credentials.'),
    role_arn: z
      .string()
      .startsWith('arn:')
      .optional()
      .describe('A role to assume, with the credentials found by the other settings.'),
    external_id: z
      .string()
      .min(2)
      .max(1224)
      .optional()
      .describe("The external ID that the role's owner requires."),
    role_session_name: z
      .string()
      .regex(/^[\w+=,.@-]{2,64}$/, 'expected 2 to 64 letters, digits and _+=,.@-')
      .optional()
      .describe("The name of the role's sessions in the account's own records."),
    regions: z
      .array(regionPattern)
      .min(1)
      .optional()
      .describe(
        'The regions that tables ask, as names or patterns such as `eu-*`; without it, the default region alone.',
      ),
    on_region_failure: z
      .enum(['error', 'notice'])
      .optional()
      .describe(
        '`notice`: queries go on without a region that fails, and a NOTICE names it; without it, they fail.',
      ),
    default_region: z
      .string()
      .min(1)
      .optional()
      .describe('The region for calls that belong to no region in particular.'),
    endpoint_url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe("One URL for all services, such as a stand-in's."),
    max_error_retry_attempts: z
      .int()
      .min(1)
      .max(100)
      .optional()
      .describe('The most often that a call is made, including the first time; without it, 9.'),
    min_error_retry_delay: z
      .int()
      .min(1)
      .max(60_000)
      .optional()
      .describe('The longest pause before the first repetition, in milliseconds; without it, 100.'),
    s3_force_path_style: z
      .boolean()
      .optional()
      .describe(
        'Asks S3 for buckets by path (`host/bucket`) instead of by host (`bucket.host`), as some S3-compatible stores need it.',
      ),
    s3_requester_pays: z
      .boolean()
      .optional()
      .describe('Whether this account pays for requests to buckets of others that let the requester pay.'),
    delivery_delay: z
      .int()
      .min(0)
      .max(2_592_000)
      .optional()
      .describe(
        'How many seconds after its event a log file of CloudTrail may be delivered, for upper bounds on `event_time`; without it, 3600.',
      ),
    on_object_failure: z
      .enum(['error', 'notice'])
      .optional()
      .describe(
        '`notice`: queries go on without log files, or records in them, that cannot be read, and a NOTICE names them; without it, they fail.',
      ),
  })
  .refine((config) => (config.access_key === undefined) === (config.secret_key === undefined), {
    message: 'access_key and secret_key go together: give both or neither',
  })
  .refine((config) => config.session_token === undefined || config.access_key !== undefined, {
    message: 'session_token needs access_key and secret_key',
  })
  .refine(
    ({ role_arn, external_id, role_session_name }) =>
      role_arn !== undefined || (external_id === undefined && role_session_name === undefined),
    { message: 'external_id and role_session_name need role_arn' },
  )

export type AwsConfig = z.infer<typeof awsConfig>
