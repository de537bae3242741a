/** DescribeMetricFilters: metric filters of a region, or of one log group, page by page. */
import { z } from 'zod'
import { type AwsContext, json, type Serialized } from './aws-service.js'
import type { ListPages } from './list-pages.js'
import { checkLogGroupName, findLogGroup, invalid } from './log-group-reference.js'
import type { LogStore } from './log-store.js'
import { checkBetween, readInput } from './read-input.js'

const inputSchema = z.object({
  logGroupName: z.string().nullish(),
  filterNamePrefix: z.string().nullish(),
  metricName: z.string().nullish(),
  metricNamespace: z.string().nullish(),
  limit: z.number().int().nullish(),
  nextToken: z.string().nullish(),
})

const mostFiltersPerPage = 50

export function describeMetricFilters(
  raw: unknown,
  context: AwsContext,
  store: LogStore,
  pages: ListPages,
): Serialized {
  const { nextToken, ...rest } = readInput(inputSchema, raw)
  const { logGroupName, filterNamePrefix, metricName, metricNamespace } = rest
  const limit = rest.limit ?? mostFiltersPerPage
  checkBetween(limit, 'limit', 1, mostFiltersPerPage)
  if ((typeof metricName === 'string') !== (typeof metricNamespace === 'string')) {
    throw invalid('Specify both metricName and metricNamespace, or neither.')
  }
  const groups = typeof logGroupName === 'string' ? [oneGroup(logGroupName)] : store.groupsIn(context.region)
  // A prefix counts only together with a log group.
  const prefix = typeof logGroupName === 'string' ? (filterNamePrefix ?? '') : ''
  const filters = groups.flatMap(({ name, details }) =>
    [...(details.metricFilters ?? [])].map((filter) => ({ ...filter, logGroupName: name })),
  )
  const found = filters.filter(
    ({ filterName, metricTransformations }) =>
      filterName.startsWith(prefix) &&
      (typeof metricName !== 'string' ||
        metricTransformations.some(
          (one) => one.metricName === metricName && one.metricNamespace === metricNamespace,
        )),
  )
  const fingerprint = JSON.stringify(['DescribeMetricFilters', context.region, rest])
  const { items, token } = pages.cut(found, { limit, token: nextToken, fingerprint })
  return json({ metricFilters: items, nextToken: token })

  function oneGroup(name: string) {
    checkLogGroupName(name, 'logGroupName')
    return findLogGroup(store, name, context)
  }
}
