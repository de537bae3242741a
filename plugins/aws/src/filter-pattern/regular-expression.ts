/**
 * SQL's `~` as conditions of a filter pattern.
 *
 * The conditions ask for what must be in a text that the expression matches: as a text with `*` where its characters
 * are given, as `%...%` where they are given by brackets. The facts on `%...%` are those of the AWS page "Using
 * regular expressions in filter patterns". It does not mention line ends or characters beyond ASCII, so dots and
 * negated brackets are not asked for.
 */
import { allOf, anyOf, type Condition } from './condition.js'
import { type Piece, parseRegularExpression, type Range } from './parse-regular-expression.js'
import { isCertain } from './quote.js'

/** Conditions that hold wherever `text ~ expression` holds; none where nothing is certain. */
export function regularExpressionConditions(field: string, expression: string): readonly Condition[] {
  const alternatives = parseRegularExpression(expression) ?? []
  const conditions: Condition[] = []
  for (const pieces of alternatives) {
    const condition = allOf(runsOf(pieces).flatMap((run) => runCondition(field, run) ?? []))
    if (condition === undefined) return []
    conditions.push(condition)
  }
  const condition = anyOf(conditions)
  return condition === undefined ? [] : [condition]
}

type CertainPiece = Extract<Piece, { kind: 'character' | 'one of' }>

/** Pieces that follow each other in a text. */
interface Run {
  readonly atStart: boolean
  atEnd: boolean
  readonly pieces: CertainPiece[]
}

function runsOf(pieces: readonly Piece[]): readonly Run[] {
  const runs: Run[] = []
  let run: Run | undefined
  let atStart = false
  for (const piece of pieces) {
    if (piece.kind === 'start') {
      // Within an expression it matches nowhere, which PostgreSQL finds out.
      run = undefined
      atStart = true
      continue
    }
    if (piece.kind === 'end') {
      if (run !== undefined) run.atEnd = true
      run = undefined
    } else if (piece.kind === 'anything' || !isCertainPiece(piece)) run = undefined
    else if (run === undefined) {
      run = { atStart, atEnd: false, pieces: [piece] }
      runs.push(run)
    } else run.pieces.push(piece)
    atStart = false
  }
  return runs
}

function runCondition(field: string, { pieces, atStart, atEnd }: Run): Condition | undefined {
  if (pieces.every((piece) => piece.kind === 'character')) {
    const text = pieces.map(({ character }) => character).join('')
    if (!isCertain(text)) return undefined
    const pattern = `${atStart ? '' : '*'}${text}${atEnd ? '' : '*'}`
    return { kind: 'text', field, operator: '=', pattern }
  }
  // What may be empty says nothing about a text; and little is certain about the empty text.
  if (pieces.every((piece) => piece.kind === 'one of' && /[?*]/.test(piece.repeat))) return undefined
  const expression = pieces.map(pieceText).join('')
  return { kind: 'matches', field, expression: `${atStart ? '^' : ''}${expression}${atEnd ? '$' : ''}` }
}

/**
 * Whether a piece is certain: printable ASCII without the percent sign, which ends an expression, and the star, which
 * quoting cannot protect.
 */
function isCertainPiece(piece: CertainPiece): boolean {
  if (piece.kind === 'character') return /^[ -$&-)+-~]$/.test(piece.character)
  // Between other characters, what a range holds depends on their order.
  return piece.ranges.every(
    ([first, last]) => /^(?:[0-9]{2}|[a-z]{2}|[A-Z]{2})$/.test(first + last) || first === last,
  )
}

function pieceText(piece: CertainPiece): string {
  if (piece.kind === 'character') return characterText(piece.character)
  return `[${piece.ranges.map(rangeText).join('')}]${piece.repeat}`
}

function rangeText([first, last]: Range): string {
  return first === last ? characterText(first) : `${first}-${last}`
}

/**
 * The text of a character: letters and digits as they are, everything else by its code, which needs no escaping
 * anywhere.
 */
function characterText(character: string): string {
  if (/[A-Za-z0-9]/.test(character)) return character
  return `\\x${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
