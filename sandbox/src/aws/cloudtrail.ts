/** AWS CloudTrail: trails, their status, selectors and tags; the event history; Lake. */
import { z } from 'zod'
import { AwsError, constraintError } from './aws-error.js'
import { type AwsContext, type AwsService, json } from './aws-service.js'
import type { EventHistory } from './event-history.js'
import { lakeOperations } from './lake.js'
import type { LakeStore } from './lake-store.js'
import { ListPages } from './list-pages.js'
import { lookupEvents } from './lookup-events.js'
import { readInput } from './read-input.js'
import type { Trail, TrailStore } from './trail-store.js'

const describeTrailsInput = z.object({
  trailNameList: z.array(z.string()).nullish(),
  includeShadowTrails: z.boolean().nullish(),
})
const nameInput = z.object({ Name: z.string() })
const trailNameInput = z.object({ TrailName: z.string() })
const insightInput = z.object({ TrailName: z.string().nullish(), EventDataStore: z.string().nullish() })
const listTagsInput = z.object({ ResourceIdList: z.array(z.string()), NextToken: z.string().nullish() })

/** The most resources that ListTags takes at once. */
const mostTaggedResources = 20

export interface CloudTrailStores {
  readonly trails: TrailStore
  readonly history: EventHistory
  readonly lake: LakeStore
}

export function cloudtrailService({ trails, history, lake }: CloudTrailStores): AwsService {
  const pages = new ListPages()
  return {
    name: 'cloudtrail',
    protocol: 'json',
    identifier: 'CloudTrail_20131101',
    // The service's model names the target in full; the JavaScript client sends its last part.
    otherIdentifiers: ['com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101'],
    throttlingCode: 'ThrottlingException',
    operations: {
      ...lakeOperations(lake, pages),
      LookupEvents: (raw, context) => lookupEvents(raw, context, history, pages),
      DescribeTrails: (raw, context) => {
        const input = readInput(describeTrailsInput, raw)
        const names = input.trailNameList ?? []
        const listed =
          names.length > 0
            ? names.flatMap((name) => find(trails, name, context) ?? [])
            : trails.inRegion(context.region, input.includeShadowTrails ?? true)
        return json({ trailList: listed.map((trail) => describe(trails, trail)) })
      },
      GetTrailStatus: (raw, context) => json(get(trails, readInput(nameInput, raw).Name, context).status),
      GetEventSelectors: (raw, context) => {
        const trail = get(trails, readInput(trailNameInput, raw).TrailName, context)
        return json({
          TrailARN: trails.arnOf(trail),
          EventSelectors: trail.eventSelectors,
          AdvancedEventSelectors: trail.advancedEventSelectors,
        })
      },
      GetInsightSelectors: (raw, context) => {
        const { TrailName, EventDataStore } = readInput(insightInput, raw)
        if (typeof TrailName !== 'string' || typeof EventDataStore === 'string') {
          throw new AwsError(
            'InvalidParameterCombinationException',
            'Give either a trail or an event data store.',
          )
        }
        const trail = get(trails, TrailName, context)
        if (trail.insightSelectors === undefined) {
          throw new AwsError(
            'InsightNotEnabledException',
            `Trail ${trails.arnOf(trail)} does not have Insights enabled.`,
          )
        }
        return json({ TrailARN: trails.arnOf(trail), InsightSelectors: trail.insightSelectors })
      },
      ListTags: (raw, context) => {
        const { ResourceIdList: arns } = readInput(listTagsInput, raw)
        if (arns.length > mostTaggedResources) {
          throw constraintError(
            `[${arns.length} ARNs]`,
            'resourceIdList',
            `Member must have length less than or equal to ${mostTaggedResources}`,
            'ValidationException',
          )
        }
        return json({ ResourceTagList: arns.map((arn) => tagsOf(trails, arn, context)) })
      },
    },
  }
}

function describe(trails: TrailStore, trail: Trail): unknown {
  return {
    Name: trail.name,
    TrailARN: trails.arnOf(trail),
    HomeRegion: trail.homeRegion,
    IsMultiRegionTrail: trail.isMultiRegion,
    ...trail.description,
  }
}

/** Finds a trail: a name means one whose home is here; an ARN means a trail anywhere. */
function find(trails: TrailStore, nameOrArn: string, context: AwsContext): Trail | undefined {
  if (nameOrArn.startsWith('arn:')) {
    checkArn(nameOrArn)
    return trails.byArn(nameOrArn)
  }
  checkName(nameOrArn)
  return trails.byName(nameOrArn, context.region)
}

function get(trails: TrailStore, nameOrArn: string, context: AwsContext): Trail {
  const trail = find(trails, nameOrArn, context)
  if (trail !== undefined) return trail
  throw new AwsError(
    'TrailNotFoundException',
    `Unknown trail: ${nameOrArn} for the user: ${context.accountId}`,
  )
}

function tagsOf(trails: TrailStore, arn: string, context: AwsContext): unknown {
  checkArn(arn)
  const trail = trails.byArn(arn)
  if (trail === undefined || trail.homeRegion !== context.region) {
    throw new AwsError('ResourceNotFoundException', `The resource ${arn} could not be found in this Region.`)
  }
  return {
    ResourceId: arn,
    TagsList: Object.entries(trail.tags).map(([Key, Value]) => ({ Key, Value })),
  }
}

function checkArn(arn: string): void {
  if (/^arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:\d{12}:trail\/.+$/.test(arn)) return
  throw new AwsError('CloudTrailARNInvalidException', `The ARN ${arn} is not that of a trail.`)
}

/** Checks the API reference's rules for a trail's name. */
function checkName(name: string): void {
  const isValid =
    /^[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]$/.test(name) &&
    !/[._-]{2}/.test(name) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name)
  if (!isValid) throw new AwsError('InvalidTrailNameException', `Trail name ${name} is not valid.`)
}
