import { expect, test } from 'vitest'
import { PlainerStatement } from './plainer-statements.js'

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').replaceAll(/\( | \)/g, (found) => found.trim())

test.each([
  ['select a from t where x', ['SELECT a FROM t WHERE true', 'SELECT a FROM t WHERE false']],
  [
    'select a from t where x and y',
    ['true', 'false', 'true AND y', 'false AND y', 'x AND true', 'x AND false'].map(
      (condition) => `SELECT a FROM t WHERE ${condition}`,
    ),
  ],
  [
    'select 1 from t join u on x where true',
    ['SELECT 1 FROM t JOIN u ON true WHERE true', 'SELECT 1 FROM t JOIN u ON false WHERE true'],
  ],
  [
    'select count(*) filter (where x) from t',
    ['true', 'false'].map((one) => `SELECT count(*) FILTER (WHERE ${one}) FROM t`),
  ],
  // Its node has a part that is called "constructor".
  [
    'select json_arrayagg(a) from t where x',
    ['true', 'false'].map((one) => `SELECT JSON_ARRAYAGG(a ABSENT ON NULL) FROM t WHERE ${one}`),
  ],
  ['select a from t', []],
  ['select a from', []],
])('%s', (statement, plainer) => {
  const whole = PlainerStatement.of(statement)
  const found = whole
    ?.conditions()
    .flatMap((path) => [true, false].map((truth) => whole.with(path, truth)?.text))
  expect(found?.map((text = '') => oneLine(text)) ?? []).toEqual(plainer)
})
