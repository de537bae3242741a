import { expect, test } from 'vitest'
import { formattedTime } from './time-format.js'

test.each([
  ['YYYY', '2024', '2024-01-01 00:00:00', '366 days'],
  ['YYYY-MM', '2024-02', '2024-02-01 00:00:00', '31 days'],
  ['YYYY-MM-DD', '2024-02-29', '2024-02-29 00:00:00', '1 day'],
  ['YYYYMMDD', '20240229', '2024-02-29 00:00:00', '1 day'],
  ['YYYY-MM-DD"T"HH24:MI:SS', '2024-02-29T23:59:58', '2024-02-29 23:59:58', '2 seconds'],
  ['YYYY/MM/DD HH24', '2024/12/31 07', '2024-12-31 07:00:00', '1 hour'],
])('%s of %s', (format, text, start, length) => {
  expect(formattedTime(format, text)).toEqual({ start, length })
})

test.each([
  ['DD.MM.YYYY', '29.02.2024'],
  ['YYYY-DD', '2024-02'],
  ['YYYY-MM-DD', '2024-02-30'],
  ['YYYY-MM-DD', '2024-2-3'],
  ['YYYY-MM-DD', '2024-02-03 '],
  ['YYYY-MM-DD', '2024/02/03'],
  ['YYYY-MM-DD', '2024-02'],
  ['YYYY-MM-DD HH12', '2024-02-03 07'],
  ['YYYY-MM-DD HH24', '2024-02-03 24'],
  ['YYYY', '0999'],
  ['FMYYYY', '2024'],
])('nothing of %s and %s', (format, text) => {
  expect(formattedTime(format, text)).toBeUndefined()
})
