import { expect, it } from 'vitest'
import { textTable } from './text-table.js'

it('is laid out as psql does it', () => {
  const columns = [
    { name: 'city', align: 'left' },
    { name: 'n', align: 'right' },
    { name: 'remark', align: 'left' },
  ] as const
  const rows = [
    ['Windsor', '7', null],
    ['Zürich 😀', '1234', 'x'],
  ]
  // What psql 17 prints for these rows, without the blanks at the ends of lines.
  expect(textTable(columns, rows)).toEqual([
    '   city   |  n   | remark',
    '----------+------+--------',
    ' Windsor  |    7 |',
    ' Zürich 😀 | 1234 | x',
    '(2 rows)',
  ])
})

it('tells of one row, and of none', () => {
  const columns = [{ name: 'ip', align: 'left' }] as const
  expect(textTable(columns, [['192.0.2.1']]).at(-1)).toBe('(1 row)')
  expect(textTable(columns, [])).toEqual([' ip', '----', '(0 rows)'])
})
