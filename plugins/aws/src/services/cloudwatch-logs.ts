import type { LogEventClient } from '../requests/log-event-client.js'
import type { AwsService } from './aws-service.js'

/**
 * CloudWatch Logs user guide, "CloudWatch Logs quotas", of 2023; DescribeLogStreams as the API reference has it now.
 * An account's own may be higher: the connection's `rate_limits` then state them.
 */
const quotas: Readonly<Record<string, number>> = {
  FilterLogEvents: 5,
  DescribeLogGroups: 5,
  DescribeLogStreams: 25,
}

export const cloudWatchLogs: AwsService<LogEventClient> = {
  name: 'CLOUDWATCH_LOGS',
  actions: 'logs',
  async client(settings) {
    const [{ LogEventClient }, { PlainAnswers }] = await Promise.all([
      import('../requests/log-event-client.js'),
      import('../answers/plain-answers.js'),
    ])
    // These calls have large answers. Without a logger, the SDK still copies each of them for it.
    const client = new LogEventClient({ ...settings, protocol: PlainAnswers })
    client.middlewareStack.remove('loggerMiddleware')
    return client
  },
  callsPerSecond: (call) => quotas[call],
}
