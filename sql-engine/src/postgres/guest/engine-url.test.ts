import { describe, expect, test } from 'vitest'
import { DatabaseError } from '../../database-error.js'
import { readEngineUrl } from './engine-url.js'
import { checkServer, type ServerFacts } from './server-facts.js'

const plain = { mode: 'prefer', root: undefined, certificate: undefined, key: undefined }

describe('the URL of a PostgreSQL', () => {
  test.each([
    [
      'postgres://me:p%40ss%3A@db.example.com:6432/app',
      { user: 'me', password: 'p@ss:', host: 'db.example.com', port: 6432, database: 'app' },
    ],
    ['postgresql://me@db', { user: 'me', password: undefined, host: 'db', port: 5432, database: 'me' }],
    ['postgres://me@/app', { host: 'localhost', database: 'app' }],
    ['postgres://me@[::1]:5433/app', { host: '::1', port: 5433 }],
    [
      'postgres://m%22e@%2Fvar%2Frun%2Fpostgresql/a%2Fb',
      { user: 'm"e', host: '/var/run/postgresql', database: 'a/b' },
    ],
    ['postgres://me:p@%2Ftmp:5544/app', { host: '/tmp', port: 5544, password: 'p' }],
    ['postgres://me@/app?host=/run/pg', { host: '/run/pg' }],
  ])('%s', (url, expected) => {
    expect(readEngineUrl(url, 'engine.url')).toMatchObject(expected)
  })

  test('says how it is encrypted', () => {
    expect(readEngineUrl('postgres://me@db', 'x').encryption).toEqual(plain)
    expect(readEngineUrl('postgres://me@%2Ftmp/x', 'x').encryption).toMatchObject({ mode: 'disable' })
    expect(
      readEngineUrl('postgres://me@db?sslmode=verify-full&sslrootcert=/a.pem', 'x').encryption,
    ).toMatchObject({ mode: 'verify-full', root: '/a.pem' })
  })

  test.each([
    ['mysql://me@db', 'It is no URL'],
    ['db.example.com', 'It is no URL'],
    ['postgres://db/app', 'It names no role.'],
    ['postgres://me@a,b/app', 'several hosts'],
    ['postgres://me:s3cret%@db', '% that is not followed'],
    ['postgres://me:s3cret@db?sslmode=off', 'sslmode is none of'],
    ['postgres://me:s3cret@db?options=-c%20a%3D1', 'parameter "options"'],
  ])('%s cannot be used', (url, detail) => {
    let error: unknown
    try {
      readEngineUrl(url, 'engine.url')
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(DatabaseError)
    expect(error).toMatchObject({ sqlState: 'F0000', detail: expect.stringContaining(detail) })
    expect(JSON.stringify({ ...Object(error), message: Object(error).message })).not.toContain('s3cret')
  })
})

describe('a server', () => {
  const fit: ServerFacts = {
    version: 150000,
    versionName: '15.0',
    encoding: 'UTF8',
    isStandby: false,
    mayCreate: true,
    isSuperuser: false,
    identity: '1/2',
    maxConnections: 100,
    loopback: { kind: 'usable' },
  }

  test('of version 15 is new enough', () => {
    expect(() => checkServer(fit, 'app', 'me')).not.toThrow()
  })

  test.each([
    [{ version: 140012, versionName: '14.12' }, '0A000', 'PostgreSQL 14.12 is too old for Millrace'],
    [{ isStandby: true }, '25006', 'the PostgreSQL of the database "app" is a standby'],
  ])('that is not fit says why: %o', (facts, sqlState, message) => {
    expect(() => checkServer({ ...fit, ...facts }, 'app', 'me')).toThrow(
      expect.objectContaining({ sqlState, message }),
    )
  })
})
