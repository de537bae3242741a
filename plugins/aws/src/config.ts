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
    /** A role to take on, with the credentials found by the other settings. */
    role_arn: z.string().startsWith('arn:').optional(),
    /** The regions that tables ask. Without it, only the default region is asked. */
    regions: z.array(regionPattern).min(1).optional(),
    /** The region for calls that belong to no region in particular. */
    default_region: z.string().min(1).optional(),
    /** One URL for all services, such as a local stand-in's. */
    endpoint_url: z.url({ protocol: /^https?$/ }).optional(),
    /** How often a call is made at most, the first time included. */
    max_error_retry_attempts: z.int().min(1).max(100).optional(),
  })
  .refine((config) => (config.access_key === undefined) === (config.secret_key === undefined), {
    message: 'access_key and secret_key go together: give both or neither',
  })
  .refine((config) => config.session_token === undefined || config.access_key !== undefined, {
    message: 'session_token needs access_key and secret_key',
  })

export type AwsConfig = z.infer<typeof awsConfig>
