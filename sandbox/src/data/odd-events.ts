/** Messages that a reader of CloudTrail events must survive. Texts stand as they arrive, byte by byte. */
import type { PutEvent } from '../aws/log-store.js'
import { articleDelivery } from './article-trail.js'

const raw = String.raw

/** The messages by name, which is also the name of the log stream that holds each. */
export const oddMessages: Readonly<Record<string, string>> = {
  'plain-text': 'START RequestId: 7a1c Version: $LATEST',
  'empty-object': '{}',
  'empty-list': '[]',
  'json-string': '"just a string"',
  'json-number': '12345678901234567890',
  'json-null': 'null',
  'cut-off': '{"eventVersion":"1.08","eventName":"GetObj',
  'json-with-text-around': 'event: {"eventName":"GetObject"}',
  'leading-space': ' \n\t{"eventName":"GetObject","eventID":"leading-space"} ',
  'big-integers': raw`{"eventName":"BigInteger","eventID":"big-integers","requestParameters":{"size":9007199254740993,"id":123456789012345678901234567890,"negative":-9223372036854775809,"decimal":0.1234567890123456789,"exponent":1e400}}`,
  'nul-escape': raw`{"eventName":"Nul\u0000Name","eventID":"nul-escape","userAgent":"a\u0000b","requestParameters":{"k\u0000ey":"v\u0000"}}`,
  'lone-surrogate': raw`{"eventName":"Surrogate","eventID":"lone-surrogate","userAgent":"\ud800 and \udc00","requestParameters":{"pair":"\ud83d\ude00","half":"\ud83d"}}`,
  'wrong-types': raw`{"eventName":42,"eventID":["wrong-types"],"readOnly":"false","eventTime":1657139889,"userIdentity":"root","resources":{"not":"a list"},"errorCode":404,"sourceIPAddress":{"v4":"104.53.216.85"},"requestParameters":"text","tlsDetails":7}`,
  'bad-time': raw`{"eventName":"BadTime","eventID":"bad-time","eventTime":"yesterday","sourceIPAddress":"AWS Internal"}`,
  'no-time': raw`{"eventName":"NoTime","eventID":"no-time"}`,
  'percent-and-plus': raw`{"eventName":"Percent","eventID":"percent-and-plus","requestParameters":{"query":"a+b%2Fc%ZZ"}}`,
  'quotes-and-backslashes': raw`{"eventName":"Quotes","eventID":"quotes-and-backslashes","userAgent":"a \"quoted\" \\ agent","userIdentity":{"type":"IAMUser","userName":"o'brien \"bob\" \\ %x% *"}}`,
  'duplicate-keys': raw`{"eventName":"First","eventName":"Second","eventID":"duplicate-keys"}`,
  'proto-key': raw`{"__proto__":{"eventName":"Polluted"},"eventID":"proto-key","constructor":1}`,
  'deep-nesting': `{"eventName":"Deep","eventID":"deep-nesting","requestParameters":${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}}`,
  'empty-strings': raw`{"eventName":"","eventID":"empty-strings","sourceIPAddress":"","errorCode":"","userIdentity":{"type":"","userName":""}}`,
  nulls: raw`{"eventName":null,"eventID":"nulls","sourceIPAddress":null,"readOnly":null,"userIdentity":null,"requestParameters":null}`,
  unicode: '{"eventName":"Ünïcödé 😀 \u2028","eventID":"unicode","userAgent":"日本語"}',
}

/** The odd messages as events, one second apart. */
export function oddEvents(): PutEvent[] {
  return Object.entries(oddMessages).map(([name, message], i) => ({
    message,
    timestamp: articleDelivery + i * 1000,
    logStreamName: name,
  }))
}
