/** Tables over AWS APIs. */
import { definePlugin } from '@millrace/plugin-sdk'
import { checkConnection } from './connection/check.js'
import { AwsConnection } from './connection/connection.js'
import { identityOf } from './connection/identity.js'
import { awsLimits } from './connection/limits.js'
import { preload } from './services/preload.js'
import { awsConfig } from './settings/config.js'
import { account } from './tables/account.js'
import { cloudtrailChannel } from './tables/cloudtrail-channel.js'
import { cloudtrailEventDataStore } from './tables/cloudtrail-event-data-store.js'
import { cloudtrailImport } from './tables/cloudtrail-import.js'
import { cloudtrailLookupEvent } from './tables/cloudtrail-lookup-event.js'
import { cloudtrailQuery } from './tables/cloudtrail-query.js'
import { cloudtrailS3Event } from './tables/cloudtrail-s3-event.js'
import { cloudtrailTrail } from './tables/cloudtrail-trail.js'
import { cloudtrailTrailEvent } from './tables/cloudtrail-trail-event.js'
import { cloudwatchLogEvent } from './tables/cloudwatch-log-event.js'
import { cloudwatchLogGroup } from './tables/cloudwatch-log-group.js'
import { cloudwatchLogMetricFilter } from './tables/cloudwatch-log-metric-filter.js'
import { cloudwatchLogStream } from './tables/cloudwatch-log-stream.js'
import { ec2Instance } from './tables/ec2-instance.js'
import { ec2NetworkInterface } from './tables/ec2-network-interface.js'
import { guarddutyFinding } from './tables/guardduty-finding.js'
import { iamAccessKey } from './tables/iam-access-key.js'
import { iamRole } from './tables/iam-role.js'
import { iamUser } from './tables/iam-user.js'
import { region } from './tables/region.js'
import { s3Object } from './tables/s3-object.js'
import { vpcEip } from './tables/vpc-eip.js'
import { vpcFlowLogEvent } from './tables/vpc-flow-log-event.js'

const tables = [
  cloudtrailTrail,
  cloudtrailTrailEvent,
  cloudwatchLogGroup,
  cloudwatchLogEvent,
  cloudwatchLogStream,
  cloudwatchLogMetricFilter,
  region,
  vpcEip,
  vpcFlowLogEvent,
  ec2Instance,
  ec2NetworkInterface,
  account,
  iamUser,
  iamRole,
  iamAccessKey,
  guarddutyFinding,
  cloudtrailLookupEvent,
  cloudtrailEventDataStore,
  cloudtrailChannel,
  cloudtrailImport,
  cloudtrailQuery,
  cloudtrailS3Event,
  s3Object,
]

export default definePlugin({
  name: 'aws',
  description:
    'Amazon Web Services: CloudTrail, CloudWatch Logs, flow logs, EC2, IAM, GuardDuty, S3, the account and its regions.',
  config: awsConfig,
  identity: (config, { environment }) => identityOf(config, environment),
  connect: (config, context) => new AwsConnection(config, context),
  limits: (config, { environment }) => awsLimits(config, environment, tables),
  // S3 bears thousands of calls; calls to services that bear less have rates, or say so.
  concurrency: 50,
  startingConcurrency: 10,
  account: (connection) => connection.account(),
  owner: (connection) => connection.owner(),
  check: checkConnection,
  preload,
  close: (connection) => connection.close(),
  tables,
})
