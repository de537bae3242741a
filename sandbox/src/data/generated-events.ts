/**
 * CloudTrail events in any number, the same for the same seed. An event is made from its index whenever it is
 * asked for, so that a million of them take no memory.
 */
import { type EventSource, makeEventId } from '../aws/log-store.js'
import { mix, Random } from '../random.js'
import { cloudTrailRecord, eventTime } from './cloudtrail-record.js'
import { assumedRole, awsService, iamUser } from './identities.js'
import { mostDistinctAddresses, publicAddress } from './public-address.js'

export interface GenerateOptions {
  readonly seed?: number
  readonly count: number
  /** The number of different IPv4 addresses among the sources; each appears where the count allows. */
  readonly distinctAddresses?: number
  /** The time of the first event, in epoch milliseconds. */
  readonly startTime?: number
  /** The mean distance of two events, in milliseconds. */
  readonly intervalMs?: number
  /** One of this many events comes from an AWS service instead of an address; 0 for none. */
  readonly serviceEvery?: number
  readonly streams?: number
  readonly accountId?: string
  readonly region?: string
}

interface Action {
  readonly source: string
  readonly name: string
  readonly readOnly: boolean
  readonly parameters: (random: Random) => Record<string, unknown> | null
}

const actions: readonly [Action, ...Action[]] = [
  {
    source: 'ec2',
    name: 'DescribeInstances',
    readOnly: true,
    parameters: (random) => ({
      instancesSet: { items: [{ instanceId: `i-0${random.hex(16)}` }] },
      filterSet: {},
    }),
  },
  {
    source: 's3',
    name: 'GetObject',
    readOnly: true,
    parameters: (random) => ({
      bucketName: `data-${random.below(20)}`,
      key: `in/${random.hex(12)}.parquet`,
      Host: 's3.amazonaws.com',
    }),
  },
  {
    source: 's3',
    name: 'PutObject',
    readOnly: false,
    parameters: (random) => ({ bucketName: `data-${random.below(20)}`, key: `out/${random.hex(12)}.json` }),
  },
  {
    source: 'sts',
    name: 'AssumeRole',
    readOnly: true,
    parameters: (random) => ({ roleSessionName: `s-${random.hex(8)}`, durationSeconds: 3600 }),
  },
  {
    source: 'kms',
    name: 'Decrypt',
    readOnly: true,
    parameters: () => ({ encryptionAlgorithm: 'SYMMETRIC_DEFAULT' }),
  },
  {
    source: 'iam',
    name: 'CreateAccessKey',
    readOnly: false,
    parameters: (random) => ({ userName: `user-${random.below(50)}` }),
  },
  {
    source: 'lambda',
    name: 'UpdateFunctionCode20150331v2',
    readOnly: false,
    parameters: (random) => ({ functionName: `fn-${random.below(40)}`, dryRun: false, publish: true }),
  },
  {
    source: 'ec2',
    name: 'RunInstances',
    readOnly: false,
    parameters: (random) => ({ instanceType: 't3.micro', monitoring: { enabled: random.below(2) === 1 } }),
  },
  { source: 's3', name: 'ListBuckets', readOnly: true, parameters: () => null },
]

const agents: readonly [string, ...string[]] = [
  'aws-cli/2.15.30 Python/3.11.8 Linux/6.5.0 exe/x86_64.ubuntu.22 prompt/off',
  'Boto3/1.34.69 md/Botocore#1.34.69 ua/2.0 os/linux#6.5.0 md/arch#x86_64 lang/python#3.12.2',
  'aws-sdk-js/3.540.0 ua/2.0 os/linux#6.5.0 lang/js md/nodejs#20.11.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
]

const services: readonly [string, ...string[]] = [
  'cloudtrail.amazonaws.com',
  'config.amazonaws.com',
  'AWS Internal',
  'lambda.amazonaws.com',
]

const failures: readonly [readonly [string, string], ...(readonly [string, string])[]] = [
  ['AccessDenied', 'Access Denied'],
  ['Client.UnauthorizedOperation', 'You are not authorized to perform this operation.'],
  ['ThrottlingException', 'Rate exceeded'],
]

/** A source of generated events. Equal options give equal events. */
export function generateEvents(options: GenerateOptions): EventSource {
  const settings = settingsOf(options)
  const { seed, count, distinctAddresses, startTime, intervalMs } = settings
  if (distinctAddresses < 1 || distinctAddresses > mostDistinctAddresses) {
    throw new RangeError(`distinctAddresses must be from 1 to ${mostDistinctAddresses}`)
  }
  const streamNames = Array.from({ length: Math.max(1, settings.streams) }, (_, i) =>
    [settings.accountId, 'CloudTrail', settings.region, ...(i === 0 ? [] : [i + 1])].join('_'),
  )
  // The jitter is below the interval, so that time never runs backwards.
  const timestampAt = (index: number) =>
    Math.floor(startTime + index * intervalMs + (mix(seed ^ 0x71, index) / 2 ** 32) * intervalMs)
  return {
    length: count,
    streamNames,
    timestampAt,
    eventAt: (index) => {
      const timestamp = timestampAt(index)
      return {
        logStreamName: streamNames[index % streamNames.length] ?? '',
        timestamp,
        message: generateMessage(settings, index, timestamp),
        ingestionTime: timestamp + 2000,
        eventId: makeEventId(timestamp, index),
      }
    },
  }
}

/** The values of options that are not given. */
const defaults = {
  seed: 1,
  distinctAddresses: 100,
  startTime: Date.UTC(2024, 2, 1),
  intervalMs: 1000,
  serviceEvery: 10,
  streams: 1,
  accountId: '810361751552',
  region: 'us-east-1',
}

type Settings = Required<GenerateOptions>

function settingsOf(options: GenerateOptions): Settings {
  const chosen = Object.entries(options).filter(([, value]) => value !== undefined)
  return { count: options.count, ...defaults, ...Object.fromEntries(chosen) }
}

function generateMessage(settings: Settings, index: number, timestamp: number): string {
  const { seed, accountId, region, serviceEvery } = settings
  const random = new Random(mix(seed, index))
  const action = random.pick(actions)
  const time = timestamp - 60_000 - random.below(240_000)
  const isService = serviceEvery > 0 && index % serviceEvery === serviceEvery - 1
  const service = random.pick(services)
  const failure = random.below(12) === 0 ? random.pick(failures) : undefined
  const user = random.below(50)
  const key = `AKIASANDBOXGEN${String(user).padStart(6, '0')}`
  const userIdentity = isService
    ? awsService(service)
    : user % 3 === 0
      ? assumedRole(accountId, `role-${user}`, `s-${random.hex(8)}`, key, eventTime(time - 1_800_000))
      : iamUser(accountId, `user-${user}`, key)
  const record = cloudTrailRecord({
    time,
    eventSource: `${action.source}.amazonaws.com`,
    eventName: action.name,
    region,
    sourceIPAddress: isService ? service : addressOf(settings, index, random),
    userAgent: isService ? service : random.pick(agents),
    userIdentity,
    readOnly: action.readOnly,
    requestParameters: action.parameters(random),
    responseElements: action.readOnly || failure ? null : { requestId: random.hex(16) },
    accountId,
    requestID: random.uuid(),
    eventID: random.uuid(),
    ...(failure && { errorCode: failure[0], errorMessage: failure[1] }),
    ...(!isService && { host: `${action.source}.${region}.amazonaws.com` }),
    ...(action.source === 's3' && action.name !== 'ListBuckets' && { eventCategory: 'Data' }),
  })
  return JSON.stringify(record)
}

/** The address of an event. The first events take each address once, so that none is missing; the others take any. */
function addressOf(settings: Settings, index: number, random: Random): string {
  const { seed, serviceEvery, distinctAddresses } = settings
  const ordinal = serviceEvery > 0 ? index - Math.floor(index / serviceEvery) : index
  const drawn = random.below(distinctAddresses)
  return publicAddress(seed, ordinal < distinctAddresses ? ordinal : drawn)
}
