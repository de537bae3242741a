import { reachableHost } from '@millrace/server/reachable-host'
import { expect, it } from 'vitest'
import { connectionUrl } from './address.js'

const address = { host: '127.0.0.1', port: 9193, user: 'millrace', password: 'a-b_c', database: 'millrace' }

it('a URL is one that every client takes', () => {
  expect(connectionUrl(address)).toBe('postgres://millrace:a-b_c@127.0.0.1:9193/millrace')
  expect(connectionUrl({ ...address, host: '::1' })).toContain('@[::1]:9193/')
})

it('a password of any characters survives the URL, and a shell', () => {
  const password = 'ü:/@?#%&\'"!()* $'
  const url = connectionUrl({ ...address, password })
  expect(url).toMatch(/^[\w:/@.%-]+$/)
  expect(decodeURIComponent(new URL(url).password)).toBe(password)
})

it('clients connect to this machine where all its addresses are listened at', () => {
  expect(reachableHost('0.0.0.0')).toBe('127.0.0.1')
  expect(reachableHost('::')).toBe('::1')
  expect(reachableHost('192.0.2.1')).toBe('192.0.2.1')
})
