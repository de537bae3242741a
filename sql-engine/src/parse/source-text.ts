/**
 * A statement's text and edits to it. libpg-query counts bytes of UTF-8, JavaScript UTF-16 units and
 * PostgreSQL's error positions Unicode characters; here they meet.
 */

/** A part of the text to replace; offsets are bytes. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly replacement: string
}

export class SourceText {
  readonly #bytes: Buffer

  constructor(readonly text: string) {
    this.#bytes = Buffer.from(text, 'utf8')
  }

  slice(start: number, end?: number): string {
    return this.#bytes.toString('utf8', start, end)
  }

  /** Characters (code points) before a byte offset. */
  charactersBefore(offset: number): number {
    return countCharacters(this.#bytes.subarray(0, offset))
  }

  edited(edits: readonly Edit[]): EditedText {
    const ordered = [...edits].sort((left, right) => left.start - right.start)
    const pieces: string[] = []
    const spans: Span[] = []
    let readUpTo = 0
    let edited = 0
    let original = 0
    for (const edit of ordered) {
      const between = this.slice(readUpTo, edit.start)
      const kept = countCharacters(this.#bytes.subarray(readUpTo, edit.start))
      const replaced = countCharacters(this.#bytes.subarray(edit.start, edit.end))
      const inserted = [...edit.replacement].length
      pieces.push(between, edit.replacement)
      edited += kept
      original += kept
      spans.push({ edited, original, inserted, replaced })
      edited += inserted
      original += replaced
      readUpTo = edit.end
    }
    pieces.push(this.slice(readUpTo))
    return new EditedText(pieces.join(''), spans)
  }
}

interface Span {
  /** Characters before the replacement, in the edited and in the original text. */
  readonly edited: number
  readonly original: number
  /** Characters of the replacement and of what it replaced. */
  readonly inserted: number
  readonly replaced: number
}

export class EditedText {
  readonly #spans: readonly Span[]

  constructor(
    readonly text: string,
    spans: readonly Span[],
  ) {
    this.#spans = spans
  }

  /** Where a 1-based character position of this text stood in the original one. */
  originalPosition(position: number): number {
    const index = position - 1
    let shift = 0
    for (const span of this.#spans) {
      if (index < span.edited) break
      // Whatever PostgreSQL finds inside a replacement is reported at the name that was replaced.
      if (index < span.edited + span.inserted) return span.original + 1
      shift = span.original + span.replaced - (span.edited + span.inserted)
    }
    return position + shift
  }
}

/** Code points of UTF-8: bytes that are not continuation bytes. */
function countCharacters(bytes: Uint8Array): number {
  let count = 0
  for (const byte of bytes) if ((byte & 0xc0) !== 0x80) count++
  return count
}
