import { describe, expect, test } from 'vitest'
import { columns } from './columns.js'
import { rowReader } from './row-reader.js'

const raw = String.raw
const values = { filter: null, log_group_name: 'g', partition: 'aws', region: 'us-east-1', account_id: '1' }
const readAll = rowReader(new Set(Object.keys(columns)), values)
const read = (message: string) => readAll({ message, timestamp: 1_657_139_889_123, logStreamName: 's' })

const envelope = {
  log_group_name: 'g',
  partition: 'aws',
  region: 'us-east-1',
  account_id: '1',
  log_stream_name: 's',
  timestamp: new Date(1_657_139_889_123),
  timestamp_ms: 1_657_139_889_123,
}

/** Without the columns that are NULL. */
function present(row: object): object {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined))
}

describe('messages that are no records', () => {
  test.each(['START RequestId: 7a1c', '', '{"eventName":"GetObj', 'event: {"eventName":"x"}', '{"a":1}}'])(
    '%j is no JSON',
    (message) => {
      expect(present(read(message))).toEqual(envelope)
    },
  )

  test.each([
    '[]',
    '[{"eventName":"x"}]',
    '"text"',
    '12345678901234567890',
    'null',
    'true',
    '{}',
    ' {"a":1}\n',
    '{"eventName":null,"userIdentity":null,"resources":null,"readOnly":null}',
  ])('%s is JSON without fields of an event', (message) => {
    expect(present(read(message))).toEqual({ ...envelope, cloudtrail_event: message })
  })
})

describe('records', () => {
  test('fields of other types give NULL', () => {
    const row = read(
      raw`{"eventName":42,"eventID":["x"],"readOnly":"false","eventTime":1657139889,"userIdentity":"root","errorCode":404,"sourceIPAddress":{"v4":"1.2.3.4"},"requestParameters":"text","tlsDetails":7}`,
    )
    expect(row).toMatchObject({
      event_name: null,
      event_id: null,
      read_only: null,
      event_time: null,
      user_type: null,
      username: null,
      user_identifier: null,
      error_code: null,
      source_ip_address: null,
      user_identity: '"root"',
      request_parameters: '"text"',
      tls_details: '7',
    })
  })

  test('numbers keep their digits, in jsonb columns and in the whole', () => {
    const parameters = raw`{"size":9007199254740993,"id":123456789012345678901234567890,"decimal":0.1234567890123456789}`
    const message = `{"eventName":"Big","requestParameters":${parameters}}`
    expect(read(message)).toMatchObject({
      event_name: 'Big',
      request_parameters: parameters,
      cloudtrail_event: message,
    })
  })

  test('numbers that jsonb cannot hold become texts', () => {
    const message = '{"requestParameters":{"n":1e400000},"eventName":"Huge"}'
    expect(read(message)).toMatchObject({
      event_name: 'Huge',
      request_parameters: '{"n":"1e400000"}',
      cloudtrail_event: '{"requestParameters":{"n":"1e400000"},"eventName":"Huge"}',
    })
  })

  test('NUL and lone surrogates are replaced in jsonb', () => {
    const row = read(
      raw`{"eventName":"x","requestParameters":{"k\u0000":"\ud83d"},"tlsDetails":{"pair":"\ud83d\ude00"}}`,
    )
    expect(row.request_parameters).toBe('{"k\\ufffd":"\\ufffd"}')
    expect(row.tls_details).toBe('{"pair":"😀"}')
    expect(row.cloudtrail_event).toContain(raw`{"k\ufffd":"\ufffd"}`)
  })

  test('of repeated keys the last counts, also beside long numbers', () => {
    expect(read('{"eventName":"a","eventName":"b"}').event_name).toBe('b')
    expect(read('{"eventName":"a","eventName":"b","n":1234567890123456789}').event_name).toBe('b')
  })

  test('a key called __proto__ is a key', () => {
    expect(read('{"__proto__":{"eventName":"x"},"eventID":"e"}')).toMatchObject({
      event_name: null,
      event_id: 'e',
    })
  })

  test('nesting of any depth fails nothing', () => {
    for (const depth of [2000, 100_000]) {
      const message = `{"eventName":"Deep","requestParameters":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`
      expect(read(message).event_name).toBe('Deep')
    }
  })

  test('all keys of the identity stay', () => {
    const identity = '{"type":"IAMUser","userName":"bob","futureKey":{"x":[1,null]},"accessKeyId":"AKIA"}'
    expect(read(`{"userIdentity":${identity}}`)).toMatchObject({
      user_identity: identity,
      user_type: 'IAMUser',
      username: 'bob',
      access_key_id: 'AKIA',
      user_identifier: null,
    })
  })

  test('the identifier falls back to the issuer of the session', () => {
    const identifier = (identity: unknown) => read(JSON.stringify({ userIdentity: identity })).user_identifier
    const issued = (sessionIssuer: unknown) => ({ sessionContext: { sessionIssuer } })
    expect(identifier({ arn: 'a', ...issued({ arn: 'b', principalId: 'c' }) })).toBe('a')
    expect(identifier(issued({ arn: 'b', principalId: 'c' }))).toBe('b')
    expect(identifier(issued({ principalId: 'c' }))).toBe('c')
    expect(identifier({ sessionContext: null })).toBeNull()
  })

  test.each([
    ['2022-07-06T20:38:09Z', true],
    ['2022-07-06T20:38:09.123456Z', true],
    ['2024-02-29T00:00:00+02:00', true],
    ['2023-02-29T00:00:00Z', false],
    ['2022-13-01T00:00:00Z', false],
    ['2022-07-06T24:00:00Z', false],
    ['2022-07-06T20:38:09', false],
    ['0000-01-01T00:00:00Z', false],
    ['yesterday', false],
    ['now', false],
  ])('event_time %s', (time, isTime) => {
    expect(read(JSON.stringify({ eventTime: time })).event_time).toBe(isTime ? time : null)
  })
})

test('only the wanted columns are read', () => {
  const readRow = rowReader(new Set(['event_name', 'timestamp_ms', 'region']), values)
  expect(readRow({ message: '{"eventName":"x"}', timestamp: 1 })).toEqual({
    event_name: 'x',
    timestamp_ms: 1,
    region: 'us-east-1',
  })
})
