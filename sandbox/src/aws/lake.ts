/** CloudTrail Lake: event data stores, channels, imports, queries. */
import { z } from 'zod'
import { AwsError } from './aws-error.js'
import { type AwsContext, type AwsOperation, json } from './aws-service.js'
import { arnOf, type EventDataStore, type LakeStore } from './lake-store.js'
import type { ListPages } from './list-pages.js'
import { readInput } from './read-input.js'

const page = { MaxResults: z.number().int().nullish(), NextToken: z.string().nullish() }
const pageInput = z.object(page)
const importsInput = z.object({
  ...page,
  Destination: z.string().nullish(),
  ImportStatus: z.string().nullish(),
})
const queriesInput = z.object({
  ...page,
  EventDataStore: z.string(),
  StartTime: z.number().nullish(),
  EndTime: z.number().nullish(),
  QueryStatus: z.string().nullish(),
})
const storeInput = z.object({ EventDataStore: z.string() })
const channelInput = z.object({ Channel: z.string() })
const importInput = z.object({ ImportId: z.string() })
const queryInput = z.object({ EventDataStore: z.string().nullish(), QueryId: z.string() })

const mostPerPage = 1000
const importStatuses = ['INITIALIZING', 'IN_PROGRESS', 'FAILED', 'STOPPED', 'COMPLETED']
const queryStatuses = ['QUEUED', 'RUNNING', 'FINISHED', 'FAILED', 'CANCELLED', 'TIMED_OUT']

/** The operations by name, each rejected in regions without Lake. */
export function lakeOperations(lake: LakeStore, pages: ListPages): Readonly<Record<string, AwsOperation>> {
  const operations: Readonly<Record<string, AwsOperation>> = {
    ListEventDataStores: (raw, context) => {
      const stores = here(lake.stores, context).map((store) => ({
        EventDataStoreArn: storeArn(store, context),
        Name: store.description.Name,
      }))
      return listed('EventDataStores', stores, readInput(pageInput, raw), context)
    },
    GetEventDataStore: (raw, context) => {
      const store = findStore(lake, readInput(storeInput, raw).EventDataStore, context)
      return json({ EventDataStoreArn: storeArn(store, context), ...store.description })
    },
    ListChannels: (raw, context) => {
      const channels = here(lake.channels, context).map(({ id, region, description }) => ({
        ChannelArn: arnOf('channel', region, context.accountId, id),
        Name: description.Name,
      }))
      return listed('Channels', channels, readInput(pageInput, raw), context)
    },
    GetChannel: (raw, context) => {
      const { Channel } = readInput(channelInput, raw)
      if (!/^[a-zA-Z0-9._/:-]{3,256}$/.test(Channel)) {
        throw new AwsError('ChannelARNInvalidException', 'The channel ARN is not valid.')
      }
      const found = here(lake.channels, context).find(
        ({ id, region }) => arnOf('channel', region, context.accountId, id) === Channel || id === Channel,
      )
      if (found === undefined) throw new AwsError('ChannelNotFoundException', 'The channel was not found.')
      const ChannelArn = arnOf('channel', found.region, context.accountId, found.id)
      return json({ ChannelArn, ...found.description })
    },
    ListImports: (raw, context) => {
      const input = readInput(importsInput, raw)
      const { Destination, ImportStatus } = input
      if (typeof ImportStatus === 'string' && !importStatuses.includes(ImportStatus)) {
        throw new AwsError('InvalidParameterException', `Import status ${ImportStatus} is invalid.`)
      }
      const imports = here(lake.imports, context)
        .map(({ description }) => description)
        .filter((each) => typeof ImportStatus !== 'string' || each.ImportStatus === ImportStatus)
        .filter((each) => typeof Destination !== 'string' || each.Destinations.includes(Destination))
        .map((each) => ({
          ImportId: each.ImportId,
          ImportStatus: each.ImportStatus,
          Destinations: each.Destinations,
          CreatedTimestamp: each.CreatedTimestamp,
          UpdatedTimestamp: each.UpdatedTimestamp,
        }))
      return listed('Imports', imports, input, context)
    },
    GetImport: (raw, context) => {
      const { ImportId } = readInput(importInput, raw)
      if (!/^[a-f0-9-]{36}$/.test(ImportId)) {
        throw new AwsError('InvalidParameterException', `Import id ${ImportId} is invalid.`)
      }
      const found = here(lake.imports, context).find(({ description }) => description.ImportId === ImportId)
      if (found === undefined) throw new AwsError('ImportNotFoundException', 'The import was not found.')
      return json(found.description)
    },
    ListQueries: (raw, context) => {
      const input = readInput(queriesInput, raw)
      const store = findStore(lake, input.EventDataStore, context)
      if (store.description.Status !== 'ENABLED') throw inactive()
      const { QueryStatus, StartTime, EndTime } = input
      if (typeof QueryStatus === 'string' && !queryStatuses.includes(QueryStatus)) {
        throw new AwsError('InvalidQueryStatusException', `Query status ${QueryStatus} is invalid.`)
      }
      const [start, end] = [StartTime ?? 0, EndTime ?? Number.POSITIVE_INFINITY]
      if (start >= end) {
        throw new AwsError('InvalidDateRangeException', 'The start time is not before the end time.')
      }
      const queries = here(lake.queries, context)
        .filter((query) => query.store === store.id)
        .map(({ description }) => ({
          QueryId: description.QueryId,
          QueryStatus: description.QueryStatus,
          CreationTime: description.QueryStatistics.CreationTime,
        }))
        .filter((query) => typeof QueryStatus !== 'string' || query.QueryStatus === QueryStatus)
        .filter(({ CreationTime }) => CreationTime >= start && CreationTime <= end)
      return listed('Queries', queries, input, context)
    },
    /** The store is a parameter that the service no longer looks at. */
    DescribeQuery: (raw, context) => {
      const { QueryId } = readInput(queryInput, raw)
      const found = here(lake.queries, context).find(({ description }) => description.QueryId === QueryId)
      if (found === undefined) throw new AwsError('QueryIdNotFoundException', 'The query was not found.')
      return json(found.description)
    },
  }
  return Object.fromEntries(
    Object.entries(operations).map(([name, run]): [string, AwsOperation] => [
      name,
      (raw, context) => {
        if (lake.regionsWithout.has(context.region)) throw unsupported(context)
        return run(raw, context)
      },
    ]),
  )

  function listed(
    member: string,
    items: readonly unknown[],
    { NextToken, ...question }: z.infer<typeof pageInput>,
    context: AwsContext,
  ) {
    const limit = question.MaxResults ?? mostPerPage
    if (limit < 1 || limit > mostPerPage) {
      throw new AwsError('InvalidMaxResultsException', `A max results value of ${limit} is invalid.`)
    }
    const cut = pages.cut(items, {
      limit,
      token: NextToken,
      fingerprint: JSON.stringify([member, context.region, question]),
      invalidToken: 'InvalidNextTokenException',
    })
    return json({ [member]: cut.items, NextToken: cut.token })
  }
}

function here<Item extends { readonly region: string }>(
  items: readonly Item[],
  context: AwsContext,
): readonly Item[] {
  return items.filter(({ region }) => region === context.region)
}

function storeArn({ id, region }: EventDataStore, { accountId }: AwsContext): string {
  return arnOf('eventdatastore', region, accountId, id)
}

/** Finds a store by its ARN, or by the end of it. */
function findStore(lake: LakeStore, arnOrId: string, context: AwsContext): EventDataStore {
  if (!/^[a-zA-Z0-9._/:-]{3,256}$/.test(arnOrId)) {
    throw new AwsError('EventDataStoreARNInvalidException', 'The event data store ARN is not valid.')
  }
  const found = here(lake.stores, context).find(
    (store) => storeArn(store, context) === arnOrId || store.id === arnOrId,
  )
  if (found !== undefined) return found
  throw new AwsError('EventDataStoreNotFoundException', 'The event data store was not found.')
}

function inactive(): AwsError {
  return new AwsError('InactiveEventDataStoreException', 'The event data store is inactive.')
}

function unsupported({ region }: AwsContext): AwsError {
  return new AwsError('UnsupportedOperationException', `CloudTrail Lake is not supported in ${region}.`)
}
