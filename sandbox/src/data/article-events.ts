/**
 * The events in the article's log group: one from each of its six IPv4 addresses, the others from AWS
 * services, as a trail of a small account has them.
 */
import type { PutEvent } from '../aws/log-store.js'
import { Random } from '../random.js'
import { articleDelivery, articleStream } from './article-trail.js'
import { cloudTrailRecord, type RecordParts } from './cloudtrail-record.js'
import { assumedRole, awsService, federatedUser, iamUser, otherAccount, root } from './identities.js'

const seed = 20220706

const cli = 'aws-cli/2.7.12 Python/3.9.11 Linux/5.13.0-1029-aws exe/x86_64.ubuntu.20 prompt/off'
const browser =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/103.0.0.0 Safari/537.36'
const since = '2022-07-06T17:12:30Z'

type Draft = Omit<RecordParts, 'time' | 'region' | 'accountId' | 'requestID' | 'eventID' | 'userAgent'> & {
  readonly userAgent?: string
  readonly region?: string
}

/** An event that a service causes on its own behalf; address and agent are its name. */
function byService(
  service: string,
  eventSource: string,
  eventName: string,
  requestParameters: Record<string, unknown> | null,
  more: Partial<Draft> = {},
): Draft {
  return {
    eventSource,
    eventName,
    sourceIPAddress: service,
    userAgent: service,
    userIdentity: awsService(service),
    readOnly: /^(?:Get|List|Describe|Lookup)/.test(eventName),
    requestParameters,
    ...more,
  }
}

function fromAddresses(accountId: string): Draft[] {
  const key = 'ASIASANDBOXSANDBOX01'
  return [
    {
      eventSource: 'signin.amazonaws.com',
      eventName: 'ConsoleLogin',
      sourceIPAddress: '104.53.216.85',
      userAgent: browser,
      userIdentity: { ...iamUser(accountId, 'jon', ''), accessKeyId: undefined },
      readOnly: false,
      responseElements: { ConsoleLogin: 'Success' },
      additionalEventData: {
        LoginTo: 'https://console.aws.amazon.com/console/home?region=us-east-1&state=hashArgs%23',
        MobileVersion: 'No',
        MFAUsed: 'Yes',
      },
      eventType: 'AwsConsoleSignIn',
      host: 'signin.aws.amazon.com',
    },
    {
      eventSource: 's3.amazonaws.com',
      eventName: 'GetBucketAcl',
      sourceIPAddress: '82.102.17.180',
      userAgent: cli,
      userIdentity: otherAccount('111122223333', 'backup'),
      readOnly: true,
      requestParameters: { bucketName: 'devto-public-assets', Host: 's3.amazonaws.com', acl: '' },
      errorCode: 'AccessDenied',
      errorMessage: 'Access Denied',
      additionalEventData: {
        SignatureVersion: 'SigV4',
        CipherSuite: 'ECDHE-RSA-AES128-GCM-SHA256',
        bytesTransferredIn: 0,
        AuthenticationMethod: 'AuthHeader',
        bytesTransferredOut: 243,
      },
      resources: [{ accountId, type: 'AWS::S3::Bucket', ARN: 'arn:aws:s3:::devto-public-assets' }],
      sharedEventID: '5a2c1be0-93d4-4b87-8f0e-6a1d0c2f7e31',
      host: 's3.amazonaws.com',
    },
    {
      eventSource: 'sts.amazonaws.com',
      eventName: 'GetSessionToken',
      sourceIPAddress: '89.248.165.99',
      userAgent: 'python-requests/2.27.1',
      userIdentity: root(accountId, '', since),
      readOnly: true,
      errorCode: 'SignatureDoesNotMatch',
      errorMessage: 'The request signature we calculated does not match the signature you provided.',
      host: 'sts.us-east-1.amazonaws.com',
    },
    {
      eventSource: 'ec2.amazonaws.com',
      eventName: 'RunInstances',
      sourceIPAddress: '107.170.20.63',
      userAgent: cli,
      userIdentity: iamUser(accountId, 'deploy "ci"', 'AKIASANDBOXSANDBOX02'),
      readOnly: false,
      requestParameters: {
        instancesSet: { items: [{ imageId: 'ami-0cff7528ff583bf9a', minCount: 1, maxCount: 1 }] },
        instanceType: 't3.micro',
        monitoring: { enabled: false },
      },
      errorCode: 'Client.UnauthorizedOperation',
      errorMessage: 'You are not authorized to perform this operation.',
      host: 'ec2.us-east-1.amazonaws.com',
    },
    {
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      sourceIPAddress: '157.230.162.15',
      userAgent: 'Boto3/1.24.20 Python/3.10.4 Linux/5.15.0 Botocore/1.27.20',
      userIdentity: assumedRole(accountId, 'steampipe-reader', 'devto', key, since),
      readOnly: true,
      requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
      resources: [
        {
          accountId,
          type: 'AWS::KMS::Key',
          ARN: `arn:aws:kms:us-east-1:${accountId}:key/0f6b8c1d-77aa-4b5e-9d5c-2f1e3c4b5a69`,
        },
      ],
      vpcEndpointId: 'vpce-0a1b2c3d4e5f60718',
      host: 'kms.us-east-1.amazonaws.com',
    },
    {
      eventSource: 'cloudtrail.amazonaws.com',
      eventName: 'DescribeTrails',
      sourceIPAddress: '212.102.58.164',
      userAgent: browser,
      userIdentity: federatedUser(accountId, 'judell', key),
      readOnly: true,
      requestParameters: { includeShadowTrails: true, trailNameList: [] },
      host: 'cloudtrail.us-east-1.amazonaws.com',
    },
  ]
}

function fromServices(accountId: string): Draft[] {
  const bucket = `aws-cloudtrail-logs-${accountId}-devto`
  const delivery = (prefix: string) =>
    byService('cloudtrail.amazonaws.com', 's3.amazonaws.com', 'PutObject', {
      bucketName: bucket,
      key: `AWSLogs/${accountId}/${prefix}/us-east-1/2022/07/06/`,
      'x-amz-acl': 'bucket-owner-full-control',
    })
  const configRole = assumedRole(
    accountId,
    'AWSServiceRoleForConfig',
    'AWSConfig-Describe',
    'ASIASANDBOXSANDBOX03',
    since,
  )
  return [
    byService('cloudtrail.amazonaws.com', 's3.amazonaws.com', 'GetBucketAcl', {
      bucketName: bucket,
      acl: '',
    }),
    delivery('CloudTrail'),
    byService('cloudtrail.amazonaws.com', 'logs.amazonaws.com', 'CreateLogStream', {
      logGroupName: 'cloudtrail-cwg-devto',
      logStreamName: articleStream(accountId),
    }),
    byService(
      'config.amazonaws.com',
      'ec2.amazonaws.com',
      'DescribeVolumes',
      { volumeSet: {}, filterSet: {} },
      {
        userIdentity: { ...configRole, invokedBy: 'config.amazonaws.com' },
      },
    ),
    byService('config.amazonaws.com', 'iam.amazonaws.com', 'ListGroups', null, {
      userIdentity: { ...configRole, invokedBy: 'config.amazonaws.com' },
      errorCode: 'ThrottlingException',
      errorMessage: 'Rate exceeded',
    }),
    byService('config.amazonaws.com', 's3.amazonaws.com', 'ListBuckets', { Host: 's3.amazonaws.com' }),
    byService('AWS Internal', 'kms.amazonaws.com', 'RotateKey', null, {
      eventType: 'AwsServiceEvent',
      readOnly: false,
      resources: [
        {
          accountId,
          type: 'AWS::KMS::Key',
          ARN: `arn:aws:kms:us-east-1:${accountId}:key/0f6b8c1d-77aa-4b5e-9d5c-2f1e3c4b5a69`,
        },
      ],
    }),
    byService('AWS Internal', 'sts.amazonaws.com', 'AssumeRole', {
      roleArn: `arn:aws:iam::${accountId}:role/steampipe-reader`,
      roleSessionName: 'devto',
      durationSeconds: 3600,
    }),
    byService('ec2.amazonaws.com', 'sts.amazonaws.com', 'AssumeRole', {
      roleArn: `arn:aws:iam::${accountId}:role/web`,
      roleSessionName: 'i-0123456789abcdef0',
    }),
    byService('autoscaling.amazonaws.com', 'ec2.amazonaws.com', 'TerminateInstances', {
      instancesSet: { items: [{ instanceId: 'i-0123456789abcdef0' }] },
    }),
    byService('lambda.amazonaws.com', 'kms.amazonaws.com', 'Decrypt', {
      encryptionContext: { 'aws:lambda:FunctionArn': `arn:aws:lambda:us-east-1:${accountId}:function:hello` },
    }),
    delivery('CloudTrail-Digest'),
  ]
}

/** The article's events, in the order of their time. */
export function articleEvents(accountId: string): PutEvent[] {
  const services = fromServices(accountId)
  const drafts = fromAddresses(accountId).flatMap((draft, i) => [
    draft,
    ...[0, 1, 2, 3, 4].map((k) => services[(i * 5 + k) % services.length] ?? draft),
  ])
  const random = new Random(seed)
  const spacing = 4 * 60 * 1000
  return drafts.map((draft, i) => {
    const time = articleDelivery - (drafts.length - i + 2) * spacing
    const record = cloudTrailRecord({
      region: 'us-east-1',
      userAgent: draft.sourceIPAddress,
      ...draft,
      time,
      accountId,
      requestID: random.uuid(),
      eventID: random.uuid(),
    })
    // CloudTrail delivers some minutes after the call; the two times are not the same.
    const timestamp = time + 90_000 + random.below(180_000)
    return {
      message: JSON.stringify(record),
      timestamp,
      ingestionTime: timestamp + 400,
      logStreamName: articleStream(accountId),
    }
  })
}

/** Events from IPv6 addresses, for a log group of their own. */
export function ipv6Events(accountId: string): PutEvent[] {
  const random = new Random(seed + 6)
  const addresses = [
    '2600:1f18:4e1a:bc00:95d1:2af1:9d3f:7b21',
    '2a00:1450:4009:81f::200e',
    '2001:4860:4860::8888',
  ]
  return addresses.map((address, i) => {
    const time = articleDelivery - (addresses.length - i) * 600_000
    const record = cloudTrailRecord({
      time,
      eventSource: 's3.amazonaws.com',
      eventName: 'ListBuckets',
      region: 'us-east-1',
      sourceIPAddress: address,
      userAgent: cli,
      userIdentity: iamUser(accountId, 'jon', 'AKIASANDBOXSANDBOX02'),
      readOnly: true,
      requestParameters: { Host: 's3.dualstack.us-east-1.amazonaws.com' },
      accountId,
      requestID: random.uuid(),
      eventID: random.uuid(),
      host: 's3.dualstack.us-east-1.amazonaws.com',
    })
    return { message: JSON.stringify(record), timestamp: time, logStreamName: articleStream(accountId) }
  })
}
