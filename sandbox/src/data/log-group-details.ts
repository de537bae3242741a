/** Details of the log groups that are in the sandbox from the start, besides their events. */
import type { LogGroupDetails, MetricFilter } from '../aws/log-store.js'
import { articleLogGroup, emptyLogGroup, ipv6LogGroup, oddLogGroup } from './article-trail.js'

/** The log group's creation: the article's trail was made the day before. */
const created = Date.UTC(2022, 6, 5, 15, 2, 38, 512)

export function logGroupDetails(accountId: string): (LogGroupDetails & { readonly name: string })[] {
  return [
    {
      name: articleLogGroup,
      creationTime: created,
      retentionInDays: 90,
      metricFilters,
      storedBytes: 51_883,
      dataProtectionStatus: 'ACTIVATED',
      dataProtection: {
        policyDocument: JSON.stringify(maskAddresses),
        lastUpdatedTime: created + 86_400_000,
      },
      tags: { Purpose: 'devto', Owner: 'articles' },
    },
    {
      name: ipv6LogGroup,
      creationTime: created + 3_600_000,
      kmsKeyId: `arn:aws:kms:us-east-1:${accountId}:key/0f6b8c1d-77aa-4b5e-9d5c-2f1e3c4b5a69`,
      storedBytes: 4_310,
    },
    { name: oddLogGroup, creationTime: created + 7_200_000, retentionInDays: 1, storedBytes: 9_162 },
    { name: emptyLogGroup, creationTime: created + 7_200_001, logGroupClass: 'INFREQUENT_ACCESS' },
  ]
}

/** Two of the filters that the CIS AWS Foundations Benchmark asks for. */
const metricFilters: readonly MetricFilter[] = [
  filterOf(
    'unauthorized-calls',
    'UnauthorizedCalls',
    '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
  ),
  filterOf(
    'root-use',
    'RootUse',
    '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
  ),
]

function filterOf(filterName: string, metricName: string, filterPattern: string): MetricFilter {
  return {
    filterName,
    filterPattern,
    creationTime: Date.UTC(2022, 6, 5, 15, 10),
    metricTransformations: [{ metricName, metricNamespace: 'CISBenchmark', metricValue: '1' }],
  }
}

const emailAddress = 'arn:aws:dataprotection::aws:data-identifier/EmailAddress'

const maskAddresses = {
  Name: 'mask-addresses',
  Version: '2021-06-01',
  Statement: [
    {
      Sid: 'audit-policy',
      DataIdentifier: [emailAddress],
      Operation: { Audit: { FindingsDestination: {} } },
    },
    {
      Sid: 'redact-policy',
      DataIdentifier: [emailAddress],
      Operation: { Deidentify: { MaskConfig: {} } },
    },
  ],
}
