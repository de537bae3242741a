/** A service of AWS: all that the plugin has to know of it, once for all tables that ask it. */
import type { TableCall } from '@millrace/plugin-sdk'
import type { AnswerHandler, RestKind } from '../answers/answer-handler.js'
import type { CredentialProvider } from '../credentials/credential-chain.js'

/** The settings that every client of the SDK is made with. */
export interface ClientSettings {
  readonly region: string
  readonly credentials: CredentialProvider
  readonly maxAttempts: number
  readonly requestHandler: AnswerHandler
  readonly endpoint?: string
  /** Whether S3 is asked for buckets by path instead of by host; other services do not look at it. */
  readonly forcePathStyle?: boolean
}

/** A client of the SDK: the one that has a method for each call, so that tables need nothing else of the SDK. */
export interface Client {
  destroy(): void
}

export interface AwsService<Made extends Client = Client> {
  /** The name in the SDK's settings: the variable `AWS_ENDPOINT_URL_<name>` says where the service is. */
  readonly name: string
  /** The prefix of IAM's actions: `logs` in `logs:FilterLogEvents`. */
  readonly actions: string
  /** How it talks, where its requests do not show it. */
  readonly rest?: RestKind
  /**
   * Makes a client for one region; it is kept for the connection's other scans. Only then is the service's part of the
   * SDK loaded, which takes longer than all else at the start of a process.
   */
  client(settings: ClientSettings): Promise<Made>
  /** How often a second AWS allows the call of this name in a region; undefined without a quota. */
  callsPerSecond?(call: string): number | undefined
  /** IAM's actions for calls that are not named as these, such as `ListBucket` for ListObjectsV2. */
  readonly actionsOfCalls?: Readonly<Record<string, string>>
}

/** A call, with what follows from its service. */
export interface AwsCall extends TableCall {
  readonly permission: string
  readonly service: AwsService
}

/** @param names the API's own, as its reference spells them */
export function callsOf(service: AwsService, ...names: readonly string[]): readonly AwsCall[] {
  const { actions, actionsOfCalls = {} } = service
  return names.map((name) => ({ name, permission: `${actions}:${actionsOfCalls[name] ?? name}`, service }))
}

/**
 * Calls that are made once for each of something.
 * @param per what that is, as EXPLAIN shows it
 */
export function callsPer(per: string, service: AwsService, ...names: readonly string[]): readonly AwsCall[] {
  return callsOf(service, ...names).map((call) => ({ ...call, per }))
}
