import fc from 'fast-check'
import { parse, scan } from 'libpg-query'
import { beforeAll, describe, expect, it } from 'vitest'
import { statementsOf } from './statements.js'
import { tokensOf } from './tokens.js'

const textsOf = (text: string) => statementsOf(text).statements.map((statement) => statement.text)

describe('a text', () => {
  it.each<[string, string[]]>([
    ['select 1', ['select 1']],
    ['select 1; select 2;', ['select 1', 'select 2']],
    [' ; ;; -- nothing\n/* ; */', []],
    ["select ';' , E'\\';' , $$;$$ , $a$;$$;$a$", ["select ';' , E'\\';' , $$;$$ , $a$;$$;$a$"]],
    ["select E'a'\n-- more\n'\\';'; select 2", ["select E'a'\n-- more\n'\\';'", 'select 2']],
    ['select U&\'\\0441\', "a;""b"; select 2', ['select U&\'\\0441\', "a;""b"', 'select 2']],
    ['select 1 /* /* ; */ ; */ + 1; select 2', ['select 1 /* /* ; */ ; */ + 1', 'select 2']],
    ['select 1 -- ;\n + 1', ['select 1 -- ;\n + 1']],
    [
      'create rule r as on insert to t do (select 1; select 2); select 3',
      ['create rule r as on insert to t do (select 1; select 2)', 'select 3'],
    ],
    [
      'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3',
      [
        'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end',
        'select 3',
      ],
    ],
    ['begin; commit', ['begin', 'commit']],
    ['select foo$1$bar; select 1', ['select foo$1$bar', 'select 1']],
  ])('%j is cut at the semicolons that end something', (text, statements) => {
    expect(textsOf(text)).toEqual(statements)
  })

  it.each(['select 1', "select ';", 'select $$;', 'select "a;', '/* ;', '/* /* */ ;', 'select (1;'])(
    '%j is still open',
    (text) => {
      expect(statementsOf(text).open).toBe(true)
    },
  )

  it.each(['', ';', 'select 1;', 'select 1; -- done', ' /* */ '])('%j is not open', (text) => {
    expect(statementsOf(text).open).toBe(false)
  })

  it('may be as long as it likes', () => {
    const strings = `'${'x'.repeat(5_000_000)}'`
    expect(textsOf(`select ${strings}; select E${strings}; select 1`)).toHaveLength(3)
  })
})

describe("PostgreSQL's own scanner and parser", () => {
  beforeAll(async () => {
    await parse('select 1')
  })

  const piece = fc.constantFrom(
    ...["'a'", "'it''s;'", "E'\\';'", "E'a'\n'\\';'", "U&'\\0041;'", '"a;"', '"b"""', '$$;$$', '$x$;$$;$x$'],
    ...[
      '/* ; */',
      '/* /* ; */ */',
      '-- ;\n',
      '1',
      '1.5e-3',
      'x',
      'x$y',
      '::text',
      '+',
      '-',
      '*',
      '/',
      '<>',
      '||',
    ],
    ...[' ', '\n', '\t', ',', '(', ')', '[1:2]', 'select', 'case', 'end', 'é', '😀', "b'1'", "x'ff'", "n'a'"],
  )

  it('begin and end tokens in the same places', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const text = pieces.join('')
        // This build of the scanner gives comments as tokens, and so ends a string before one.
        fc.pre(!/'\s*--/.test(text))
        const theirs = await scan(text).catch(() => undefined)
        fc.pre(theirs !== undefined)
        const ours = new Set(tokensOf(text).flatMap(({ start, end }) => [start, end]))
        const bytes = Buffer.from(text)
        for (const { start, end } of theirs?.tokens ?? []) {
          expect(ours).toContain(bytes.subarray(0, start).toString().length)
          expect(ours).toContain(bytes.subarray(0, end).toString().length)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('find as many statements', async () => {
    const statement = fc.array(piece, { maxLength: 6 }).map((pieces) => `select ${pieces.join(' ')}`)
    let judged = 0
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { maxLength: 4 }), async (texts) => {
        const text = texts.join(';')
        const theirs = await parse(text).catch(() => undefined)
        if (theirs === undefined) return
        judged++
        expect(textsOf(text)).toHaveLength(theirs.stmts?.length ?? 0)
      }),
      { numRuns: 1000, seed: 7 },
    )
    expect(judged).toBeGreaterThan(50)
  })
})
