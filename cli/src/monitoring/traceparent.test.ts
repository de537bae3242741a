import { expect, test } from 'vitest'
import { traceContextOf } from './traceparent.js'

const traceparent = '00-5bd66ef5095369c7b0d1f8f4bd33716a-c532cb4098ac3dd2-01'

test.each([
  [`select 1 /*traceparent='${traceparent}'*/`, { traceparent }],
  [
    `select 1 /*action='run+this',traceparent='${traceparent}',tracestate='congo%3Dt61rcWkgMzE'*/;\n`,
    {
      traceparent,
      tracestate: 'congo=t61rcWkgMzE',
    },
  ],
  [`/* traceparent='${traceparent}' */ select 1`, { traceparent }],
  [`/* a report */ select 1 /*traceparent='${traceparent}'*/`, { traceparent }],
  ['select 1', {}],
  [`select '/*traceparent=''${traceparent}''*/' as text`, {}],
  [`select 1 -- traceparent='${traceparent}'`, {}],
  [`select 1 /*traceparent='%E0%A4%A'*/`, { traceparent: '%E0%A4%A' }],
])('%s', (text, context) => {
  expect(traceContextOf(text)).toEqual(context)
})

test('a text that is long and odd takes no time', () => {
  const start = performance.now()
  traceContextOf(`${'/*'.repeat(50_000)} traceparent='`)
  expect(performance.now() - start).toBeLessThan(1_000)
})
