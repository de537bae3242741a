/** Amazon CloudWatch Logs. */
import type { AwsService } from './aws-service.js'
import type { FilterLogEvents } from './filter-log-events.js'

export function logsService(filterLogEvents: FilterLogEvents): AwsService {
  return {
    name: 'logs',
    protocol: 'json',
    identifier: 'Logs_20140328',
    throttlingCode: 'ThrottlingException',
    operations: {
      FilterLogEvents: (input, context) => filterLogEvents.answer(input, context),
    },
  }
}
