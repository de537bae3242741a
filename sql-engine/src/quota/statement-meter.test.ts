import { expect, test } from 'vitest'
import { defaultQuotas } from './quotas.js'
import { StatementMeter } from './statement-meter.js'

test('progress is told once a second, until the statement ends', () => {
  let clock = 0
  const notices: string[] = []
  const notice = (message: string) => notices.push(message)
  const statement = new StatementMeter({ quotas: defaultQuotas, notice, now: () => clock })
  const scan = statement.scan('ipstack_ip')
  scan.begin(2, 60)
  scan.beginCall('Lookup')
  expect(notices).toEqual([])
  clock = 1000
  scan.addRows(50)
  scan.keysDone(50)
  expect(notices).toEqual(['ipstack_ip: 1 API call, 50 rows, 0 of 60 keys so far'])
  clock = 2000
  scan.beginCall('Lookup')
  clock = 2999
  scan.addRows(10)
  expect(notices.slice(1)).toEqual(['ipstack_ip: 2 API calls, 50 rows, 50 of 60 keys so far'])
  statement.close()
  clock = 9000
  scan.keysDone(10)
  expect(notices).toHaveLength(2)
})

test('calls beyond those that were planned count, with those of other scans', () => {
  const quotas = { ...defaultQuotas, apiCalls: 3 }
  const statement = new StatementMeter({ quotas, notice: undefined, now: () => 0 })
  const [first, second] = [statement.scan('a'), statement.scan('b')]
  first.begin(2, 2)
  for (let call = 0; call < 2; call++) first.beginCall('Get')
  expect(() => second.begin(2, 2)).toThrow('the statement needs at least 4 API calls')
  first.beginCall('Get')
  expect(() => first.beginCall('Get')).toThrow('table "a": Get: the statement needs more than 3 API calls')
  expect(first.calls).toBe(3)
})
