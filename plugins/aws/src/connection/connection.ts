/**
 * What the tables of one AWS connection share: clients, credentials, the caller's identity, the regions.
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { ApiError, type ConnectContext } from '@millrace/plugin-sdk'
import { awsCall, type CallScan } from '../calls/aws-call.js'
import { credentialsError } from '../calls/credentials-error.js'
import { Once } from '../calls/once.js'
import type { CredentialProvider, Credentials, StsLocation } from '../credentials/credential-chain.js'
import { accountOfSettings, credentialsOf, staticCredentials } from '../credentials/credentials.js'
import { regionOfProfile } from '../credentials/shared-files.js'
import { BucketRegions } from '../regions/bucket-regions.js'
import { guessRegion } from '../regions/partition-regions.js'
import { resolveRegions } from '../regions/regions.js'
import type { AwsService, Client } from '../services/aws-service.js'
import { ec2 } from '../services/ec2.js'
import { sts } from '../services/sts.js'
import type { AwsConfig } from '../settings/config.js'
import { type Environment, endpointOf, regionOf } from '../settings/environment.js'
import { accountName } from './limits.js'

/** Whose credentials a connection uses. */
export interface CallerIdentity {
  readonly accountId: string
  /** The partition: `aws`, `aws-us-gov`, `aws-cn`, ... */
  readonly partition: string
}

/** The most sockets: enough for any concurrency that an account's quotas bear. */
const mostSockets = 256
const connectionTimeout = 5_000
/**
 * The time for a request, in milliseconds. FilterLogEvents searches for a good while before it answers with an empty
 * page.
 */
const requestTimeout = 120_000

/**
 * In seconds. CloudTrail "typically delivers logs within an average of about 5 minutes of an API call. This time is not
 * guaranteed." (user guide, "Getting and viewing your CloudTrail log files"; Insights events within 30 minutes.)
 */
const defaultDeliveryDelay = 3600

export class AwsConnection {
  readonly #config: AwsConfig
  readonly #environment: Environment
  readonly #credentials: CredentialProvider
  /** The credentials of the last call. */
  #found: Credentials | undefined
  #accountOfSettings: Promise<string | undefined> | undefined
  /** By service and region. */
  readonly #clients = new Map<AwsService, Map<string, Promise<Client>>>()
  readonly #identity = new Once<CallerIdentity>()
  readonly #regions = new Once<readonly string[]>()
  /** In which regions buckets are. */
  readonly bucketRegions = new BucketRegions(this)
  #defaultRegion: Promise<string> | undefined
  readonly #maxAnswerBytes: number | undefined
  /** The options of requests: one pool of sockets for all clients. */
  readonly #requests = {
    connectionTimeout,
    requestTimeout,
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets: mostSockets }),
    httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: mostSockets }),
  }

  constructor(config: AwsConfig, { connectionName, environment, maxAnswerBytes }: ConnectContext) {
    this.#config = config
    this.#environment = environment
    this.#maxAnswerBytes = maxAnswerBytes
    const credentials = credentialsOf(config, environment, {
      sts: () => this.#stsLocation(),
      singleSignOn: endpointOf('SSO', config, environment),
    })
    this.#credentials = async () => {
      try {
        this.#found = await credentials()
      } catch (error) {
        throw credentialsError(error, connectionName, await this.defaultRegion())
      }
      return this.#found
    }
  }

  /**
   * The account whose limits the calls count for, as far as that is known without a call. What settings and files say
   * of credentials counts only until there are some: they may come from elsewhere.
   */
  async account(): Promise<string | undefined> {
    const id = this.#identity.value?.accountId ?? (await this.#accountOfCredentials())
    return id === undefined ? undefined : accountName(id, this.#config, this.#environment)
  }

  /** Whose rows it sees: those of a key that does not change, or else of an account, as far as that is known without a call. */
  async owner(): Promise<string | undefined> {
    const key = staticCredentials(this.#config, this.#environment)?.accessKeyId
    const whose = key === undefined ? await this.account() : `key ${key}`
    // A profile's region is in a file of the machine.
    return whose === undefined ? undefined : `${whose} in ${await this.defaultRegion()}`
  }

  /** The client of a service in a region, the same for all scans. */
  client<Made extends Client>(service: AwsService<Made>, region: string): Promise<Made> {
    const ofService = this.#clients.get(service) ?? new Map<string, Promise<Client>>()
    this.#clients.set(service, ofService)
    const known = ofService.get(region)
    // Each service's clients are made by the service itself, below.
    if (known !== undefined) return known as Promise<Made>
    const made = this.#makeClient(service, region)
    ofService.set(region, made)
    // What could not be made, as without file descriptors, is tried again.
    made.catch(() => ofService.delete(region))
    return made
  }

  async #makeClient<Made extends Client>(service: AwsService<Made>, region: string): Promise<Made> {
    const { AnswerHandler } = await import('../answers/answer-handler.js')
    const endpoint = endpointOf(service.name, this.#config, this.#environment)
    return service.client({
      region,
      credentials: this.#credentials,
      maxAttempts: 1, // the engine makes calls again
      requestHandler: new AnswerHandler(this.#requests, this.#maxAnswerBytes, service.rest),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(this.#config.s3_force_path_style === undefined
        ? {}
        : { forcePathStyle: this.#config.s3_force_path_style }),
    })
  }

  /** Account and partition of the credentials; asked once. */
  callerIdentity(scan: CallScan): Promise<CallerIdentity> {
    return this.#identity.get(scan.signal, async () => {
      const region = await this.defaultRegion()
      const answer = await awsCall(scan, 'GetCallerIdentity', region, async (abortSignal) =>
        (await this.client(sts, region)).getCallerIdentity({}, { abortSignal }),
      )
      const partition = answer.Arn?.split(':')[1]
      if (answer.Account === undefined || partition === undefined) {
        throw new ApiError('AWS did not say whose credentials these are', { detail: `Arn: ${answer.Arn}` })
      }
      return { accountId: answer.Account, partition }
    })
  }

  /** The regions that tables ask, patterns resolved; asked once. */
  regions(scan: CallScan): Promise<readonly string[]> {
    return this.#regions.get(scan.signal, async () => {
      const patterns = this.#config.regions
      const defaultRegion = await this.defaultRegion()
      return patterns === undefined
        ? [defaultRegion]
        : resolveRegions(patterns, {
            scan,
            region: defaultRegion,
            client: () => this.client(ec2, defaultRegion),
          })
    })
  }

  /**
   * The region for calls that belong to no region in particular: the setting, the environment, the profile's region,
   * a guess from the regions that are named, or us-east-1.
   */
  defaultRegion(): Promise<string> {
    this.#defaultRegion ??= this.#findDefaultRegion()
    return this.#defaultRegion
  }

  /** Whether tables go on without a region that fails. */
  get leavesOutRegions(): boolean {
    return this.#config.on_region_failure === 'notice'
  }

  /** Whether tables go on without log files that cannot be read. */
  get leavesLogFilesOut(): boolean {
    return this.#config.on_object_failure === 'notice'
  }

  /** How long after its event a log file may be delivered, in milliseconds. */
  get deliveryDelay(): number {
    return (this.#config.delivery_delay ?? defaultDeliveryDelay) * 1000
  }

  /** Who pays for requests to buckets that let the requester pay. */
  get requestPayer(): 'requester' | undefined {
    return this.#config.s3_requester_pays === true ? 'requester' : undefined
  }

  async close(): Promise<void> {
    const all = [...this.#clients.values()].flatMap((ofService) => [...ofService.values()])
    for (const made of await Promise.allSettled(all)) {
      if (made.status === 'fulfilled') made.value.destroy()
    }
    this.#clients.clear()
    this.#requests.httpAgent.destroy()
    this.#requests.httpsAgent.destroy()
  }

  #accountOfCredentials(): Promise<string | undefined> | string | undefined {
    if (this.#found !== undefined) return this.#found.accountId
    this.#accountOfSettings ??= accountOfSettings(this.#config, this.#environment)
    return this.#accountOfSettings
  }

  async #findDefaultRegion(): Promise<string> {
    const config = this.#config
    if (config.default_region !== undefined) return config.default_region
    const guess = guessRegion(config.regions ?? [])
    const named = regionOf(this.#environment) ?? (await regionOfProfile(config.profile, this.#environment))
    // Tools set us-east-1 where no region was chosen, and it is not valid for another partition.
    return named === undefined || named === 'us-east-1' ? (guess ?? 'us-east-1') : named
  }

  async #stsLocation(): Promise<StsLocation> {
    const endpoint = endpointOf('STS', this.#config, this.#environment)
    const region = await this.defaultRegion()
    return endpoint === undefined ? { region } : { region, endpoint }
  }
}
