import stringWidth from 'string-width'

/** Columns of a terminal that a text takes: ideographs and emoji take two. */
export function textWidth(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text)
}
