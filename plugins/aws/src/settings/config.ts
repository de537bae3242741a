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
    /** A profile of the AWS configuration files. */
    profile: z.string().min(1).optional(),
    access_key: z.string().min(1).optional(),
    secret_key: z.string().min(1).optional(),
    session_token: z.string().min(1).optional(),
    /** A role to assume, with the credentials found by the other settings. */
    role_arn: z.string().startsWith('arn:').optional(),
    /** The external ID that the role's owner requires. */
    external_id: z.string().min(2).max(1224).optional(),
    /** The name of the role's sessions in the account's own records. */
    role_session_name: z
      .string()
      .regex(/^[\w+=,.@-]{2,64}$/, 'expected 2 to 64 letters, digits and _+=,.@-')
      .optional(),
    /** The regions that tables ask. Without it, only the default region is asked. */
    regions: z.array(regionPattern).min(1).optional(),
    /** Whether a query goes on, with a notice, when one of several regions fails. */
    on_region_failure: z.enum(['error', 'notice']).optional(),
    /** The region for calls that belong to no region in particular. */
    default_region: z.string().min(1).optional(),
    /** One URL for all services, such as a local stand-in's. */
    endpoint_url: z.url({ protocol: /^https?$/ }).optional(),
    /** The most often that a call is made, including the first time. */
    max_error_retry_attempts: z.int().min(1).max(100).optional(),
    /** The longest pause before a failed call is made again for the first time, in milliseconds. */
    min_error_retry_delay: z.int().min(1).max(60_000).optional(),
    /** For tables of S3, of which there are none; taken so that files of Steampipe's can be reused. */
    s3_force_path_style: z.boolean().optional(),
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

/** What of the settings has no effect. */
export function awsRemarks({ s3_force_path_style }: AwsConfig): readonly string[] {
  return s3_force_path_style === undefined
    ? []
    : ['s3_force_path_style has no effect: there are no tables of S3']
}
