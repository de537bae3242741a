/** Amazon GuardDuty: detectors and what they have found. */
import { z } from 'zod'
import { AwsError } from './aws-error.js'
import { type AwsContext, type AwsService, json, type RoutedOperation } from './aws-service.js'
import type { Finding, FindingStore } from './finding-store.js'
import { ListPages } from './list-pages.js'
import { checkBetween, readInput } from './read-input.js'

const conditionSchema = z.object({
  equals: z.array(z.string()).max(50).optional(),
  notEquals: z.array(z.string()).max(50).optional(),
  greaterThan: z.int().optional(),
  greaterThanOrEqual: z.int().optional(),
  lessThan: z.int().optional(),
  lessThanOrEqual: z.int().optional(),
})

type Condition = z.infer<typeof conditionSchema>

const pageInput = { maxResults: z.coerce.number().int().optional(), nextToken: z.string().optional() }
const listDetectorsInput = z.object(pageInput)
const listFindingsInput = z.object({
  ...pageInput,
  detectorId: z.string(),
  findingCriteria: z.object({ criterion: z.record(z.string(), conditionSchema).optional() }).optional(),
})
const getFindingsInput = z.object({ detectorId: z.string(), findingIds: z.array(z.string()).max(50) })

/** Attributes of criteria, of those in the API reference that the plugin asks with. */
const attributes: Readonly<Record<string, (finding: Finding) => string | number>> = {
  id: ({ id }) => id,
  type: ({ type }) => type,
  severity: ({ severity }) => severity,
  updatedAt: ({ updatedAt }) => Date.parse(updatedAt),
}

const mostItemsPerPage = 50

export function guardDutyService(store: FindingStore): AwsService {
  const pages = new ListPages()
  const cut = <Item>(
    items: readonly Item[],
    {
      maxResults = mostItemsPerPage,
      nextToken,
    }: { maxResults?: number | undefined; nextToken?: string | undefined },
    question: unknown,
  ) => {
    checkBetween(maxResults, 'maxResults', 1, mostItemsPerPage, 'BadRequestException')
    return pages.cut(items, {
      limit: maxResults,
      token: nextToken,
      fingerprint: JSON.stringify(question),
      invalidToken: 'BadRequestException',
    })
  }
  return {
    name: 'guardduty',
    protocol: 'json',
    identifier: '',
    route,
    throttlingCode: 'TooManyRequestsException',
    operations: {
      ListDetectors: (raw, { region }) => {
        const input = readInput(listDetectorsInput, raw)
        const here = store.detectors.filter((detector) => detector.region === region).map(({ id }) => id)
        const { items, token } = cut(here, input, ['ListDetectors', region])
        return json({ detectorIds: items, nextToken: token })
      },
      ListFindings: (raw, context) => {
        const { maxResults, nextToken, ...rest } = readInput(listFindingsInput, raw)
        const criteria = Object.entries(rest.findingCriteria?.criterion ?? {})
        const found = findingsOf(store, rest.detectorId, context).filter((finding) =>
          criteria.every(([attribute, condition]) => fulfils(finding, attribute, condition)),
        )
        const { items, token } = cut(
          found.map(({ id }) => id),
          { maxResults, nextToken },
          rest,
        )
        return json({ findingIds: items, nextToken: token ?? '' })
      },
      GetFindings: (raw, context) => {
        const { detectorId, findingIds } = readInput(getFindingsInput, raw)
        const findings = findingsOf(store, detectorId, context).filter(({ id }) => findingIds.includes(id))
        return json({ findings: findings.map(({ detectorId: _detector, ...members }) => members) })
      },
    },
  }
}

function route(method: string, path: string): RoutedOperation | undefined {
  if (method === 'GET' && path === '/detector') return { operation: 'ListDetectors', parameters: {} }
  const [, detectorId, get] = /^\/detector\/([^/]+)\/findings(\/get)?$/.exec(path) ?? []
  if (method !== 'POST' || detectorId === undefined) return undefined
  return {
    operation: get === undefined ? 'ListFindings' : 'GetFindings',
    parameters: { detectorId: decodeURIComponent(detectorId) },
  }
}

function findingsOf(store: FindingStore, id: string, { region }: AwsContext): readonly Finding[] {
  if (!store.detectors.some((detector) => detector.id === id && detector.region === region)) {
    throw new AwsError(
      'BadRequestException',
      'The request is rejected because the input detectorId is not owned by the current account.',
    )
  }
  return store.findings.filter(({ detectorId }) => detectorId === id)
}

function fulfils(finding: Finding, attribute: string, condition: Condition): boolean {
  const read = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined
  if (read === undefined) {
    throw new AwsError('BadRequestException', `The criterion ${attribute} is not valid.`)
  }
  const value = read(finding)
  const { equals, notEquals, greaterThan, greaterThanOrEqual, lessThan, lessThanOrEqual } = condition
  return (
    (equals === undefined || equals.includes(String(value))) &&
    (notEquals === undefined || !notEquals.includes(String(value))) &&
    (greaterThan === undefined || Number(value) > greaterThan) &&
    (greaterThanOrEqual === undefined || Number(value) >= greaterThanOrEqual) &&
    (lessThan === undefined || Number(value) < lessThan) &&
    (lessThanOrEqual === undefined || Number(value) <= lessThanOrEqual)
  )
}
