import { textWidth } from './text-width.js'

/** How far back a blank is looked for, to break a line there and not within a word. */
const search = 24

/**
 * Cuts a line into pieces that are no wider than a column, behind blanks where there are any. Put together, they are
 * the line again.
 * @param width columns of a terminal, 2 at least
 */
export function foldText(line: string, width: number): string[] {
  const pieces: string[] = []
  let rest = line
  for (;;) {
    const fitting = prefixWithin(rest, width)
    if (fitting.length >= rest.length) break
    const blank = fitting.lastIndexOf(' ')
    const piece = blank >= 0 && blank >= fitting.length - search ? fitting.slice(0, blank + 1) : fitting
    pieces.push(piece)
    rest = rest.slice(piece.length)
  }
  return [...pieces, rest]
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The most that fits, and one character at least. */
function prefixWithin(text: string, width: number): string {
  let prefix = ''
  let taken = 0
  // No more than so many UTF-16 units can matter: even what is drawn in no column ends somewhere.
  for (const { segment } of graphemes.segment(text.slice(0, width * 16))) {
    taken += textWidth(segment)
    if (taken > width && prefix !== '') break
    prefix += segment
  }
  return prefix
}
