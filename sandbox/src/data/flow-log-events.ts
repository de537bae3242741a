/** VPC flow log records of the article's account, in the default format. */
import type { PutEvent } from '../aws/log-store.js'
import { articleDelivery } from './article-trail.js'
import { natInterface, webInterface } from './network.js'

export const flowLogGroup = 'vpc-flow-logs'

interface Flow {
  readonly eni: string
  readonly from: string
  readonly to: string
  readonly fromPort: number
  readonly toPort: number
  readonly protocol?: number
  readonly packets: number
  readonly bytes: number
  readonly action: 'ACCEPT' | 'REJECT'
}

/** How long records are gathered, in seconds. */
const interval = 60

export function flowLogEvents(accountId: string): PutEvent[] {
  const web = { eni: webInterface.id, address: webInterface.privateAddress }
  const toWeb = (from: string, toPort: number, action: Flow['action'], packets: number): Flow => ({
    eni: web.eni,
    from,
    to: web.address,
    fromPort: 40_000 + toPort,
    toPort,
    packets,
    bytes: packets * 52,
    action,
  })
  const flows: Flow[] = [
    toWeb('104.53.216.85', 443, 'ACCEPT', 31),
    toWeb('89.248.165.99', 22, 'REJECT', 1),
    toWeb('89.248.165.99', 3389, 'REJECT', 1),
    toWeb('89.248.165.99', 443, 'ACCEPT', 4),
    toWeb('157.230.162.15', 443, 'ACCEPT', 12),
    {
      eni: web.eni,
      from: web.address,
      to: '104.53.216.85',
      fromPort: 443,
      toPort: 40_443,
      packets: 58,
      bytes: 61_044,
      action: 'ACCEPT',
    },
    { ...toWeb('203.0.113.9', 0, 'REJECT', 2), fromPort: 0, protocol: 1 },
    {
      eni: natInterface.id,
      from: '2001:db8:1234:a100:8d6e:3477:df66:f105',
      to: '2001:db8:1234:a102:3304:8879:34cf:4071',
      fromPort: 34_892,
      toPort: 22,
      packets: 54,
      bytes: 8_855,
      action: 'ACCEPT',
    },
  ]
  const records = flows.map(
    ({ eni, from, to, fromPort, toPort, protocol = 6, packets, bytes, action }, i) => {
      const start = startOf(i)
      return recordEvent(
        `2 ${accountId} ${eni} ${from} ${to} ${fromPort} ${toPort} ${protocol} ${packets} ${bytes} ${start} ${start + interval} ${action} OK`,
        eni,
        start,
      )
    },
  )
  const nothing = (status: 'NODATA' | 'SKIPDATA', i: number) => {
    const start = startOf(i)
    const none = Array(7).fill('-').join(' ')
    return recordEvent(
      `2 ${accountId} ${natInterface.id} ${none} ${start} ${start + interval} - ${status}`,
      natInterface.id,
      start,
    )
  }
  return [...records, nothing('NODATA', records.length), nothing('SKIPDATA', records.length + 1)]
}

function startOf(index: number): number {
  return articleDelivery / 1000 - 3600 + index * interval
}

function recordEvent(message: string, eni: string, start: number): PutEvent {
  return {
    message,
    timestamp: start * 1000,
    ingestionTime: (start + 2 * interval) * 1000,
    logStreamName: `${eni}-all`,
  }
}
