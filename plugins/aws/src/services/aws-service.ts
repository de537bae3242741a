/**
 * A service of AWS: all that the plugin has to know of it, once for all tables that ask it.
 */
import type { TableCall } from '@millrace/plugin-sdk'
import type { AnswerHandler } from '../answers/answer-handler.js'
import type { CredentialProvider } from '../credentials/credential-chain.js'

/** What every client of the SDK is made with. */
export interface ClientSettings {
  readonly region: string
  readonly credentials: CredentialProvider
  readonly maxAttempts: number
  readonly requestHandler: AnswerHandler
  readonly endpoint?: string
}

/** A client of the SDK. */
export interface Client {
  destroy(): void
}

export interface AwsService<Made extends Client = Client> {
  /** As the SDK's settings name it: the variable `AWS_ENDPOINT_URL_<name>` says where it is. */
  readonly name: string
  /** As IAM's actions begin: of `logs:FilterLogEvents`, `logs`. */
  readonly actions: string
  /** Makes a client for one region; it is kept for the connection's other scans. */
  client(settings: ClientSettings): Made
  /** How often a second AWS states that the call of this name may be made in a region; undefined without a quota. */
  callsPerSecond?(call: string): number | undefined
}

/** A call, with what follows from its service. */
export interface AwsCall extends TableCall {
  readonly permission: string
  readonly service: AwsService
}

/** @param names the API's own, as its reference spells them */
export function callsOf(service: AwsService, ...names: readonly string[]): readonly AwsCall[] {
  return names.map((name) => ({ name, permission: `${service.actions}:${name}`, service }))
}
