/**
 * What a plugin has thrown, in words that hold no secret. It may be anything: an error whose members throw in turn, or no
 * error at all.
 */
import { ApiError } from '@millrace/plugin-sdk'

/** Codes of Node.js and of the operating system, such as ECONNREFUSED. */
const errorCode = /^[A-Z][A-Z0-9_]*$/

/** Its kind. An ApiError is made for users' eyes; other messages may hold what the plugin was sent. */
export function nameOf(thrown: unknown): string {
  return lookAt(() => {
    if (ApiError.is(thrown)) return `the ApiError "${thrown.message}"`
    if (!(thrown instanceof Error)) return `a value of the type ${typeof thrown}`
    const code = 'code' in thrown ? String(thrown.code) : ''
    return errorCode.test(code) ? `${thrown.name} ${code}` : `${thrown.name}`
  })
}

/** For the log: an error's name, and the functions that it came through, without its message. */
export function placeOf(thrown: unknown): string {
  return lookAt(() =>
    thrown instanceof Error ? [thrown.name, ...framesOf(thrown)].join('\n') : typeof thrown,
  )
}

/** File and line where an error comes from, Node.js's own left aside; undefined where that is not known. */
export function lineOf(thrown: unknown): string | undefined {
  for (const frame of framesOf(thrown)) {
    const [, file = '', line] = /([^()\s]+):(\d+):\d+\)?$/.exec(frame) ?? []
    if (line !== undefined && !file.startsWith('node:')) return `${file.split(/[/\\]/).at(-1)}:${line}`
  }
  return undefined
}

/** The lines of an error's stack that name functions. */
export function framesOf(thrown: unknown): readonly string[] {
  const stack = lookAt(() => (thrown instanceof Error ? String(thrown.stack) : ''))
  return stack.split('\n').filter((line) => /^ {4}at /.test(line))
}

function lookAt(read: () => string): string {
  try {
    return read()
  } catch {
    return 'what cannot be looked at'
  }
}
