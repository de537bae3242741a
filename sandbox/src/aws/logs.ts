/** Amazon CloudWatch Logs. */
import type { AwsService } from './aws-service.js'
import { describeLogGroups } from './describe-log-groups.js'
import { describeLogStreams } from './describe-log-streams.js'
import { describeMetricFilters } from './describe-metric-filters.js'
import type { FilterLogEvents } from './filter-log-events.js'
import { ListPages } from './list-pages.js'
import { getDataProtectionPolicy, listTagsForResource } from './log-group-details.js'

export function logsService(filterLogEvents: FilterLogEvents): AwsService {
  const { store } = filterLogEvents
  const pages = new ListPages()
  return {
    name: 'logs',
    protocol: 'json',
    identifier: 'Logs_20140328',
    throttlingCode: 'ThrottlingException',
    operations: {
      FilterLogEvents: (input, context) => filterLogEvents.answer(input, context),
      DescribeLogGroups: (input, context) => describeLogGroups(input, context, store, pages),
      DescribeMetricFilters: (input, context) => describeMetricFilters(input, context, store, pages),
      DescribeLogStreams: (input, context) => describeLogStreams(input, context, store, pages),
      GetDataProtectionPolicy: (input, context) => getDataProtectionPolicy(input, context, store),
      ListTagsForResource: (input, context) => listTagsForResource(input, context, store),
    },
  }
}
