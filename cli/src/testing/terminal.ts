/** A program on a terminal of its own: a real pseudo-terminal, by way of Python. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/**
 * Gives what it runs a terminal of 24 lines and 100 columns, and ends with its exit status. File descriptor 3 takes other
 * sizes, a line each: lines and columns.
 */
const opener = `
import fcntl, os, pty, select, struct, sys, termios
def resize(lines, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', lines, columns, 0, 0))
child, terminal = pty.fork()
if child == 0:
    os.read(0, 1)
    os.execvp(sys.argv[1], sys.argv[1:])
resize(24, 100)
os.write(terminal, b'\\n')
sources = [0, 3, terminal]
while True:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:
            data = b''
        if source == terminal:
            if not data:
                sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            os.write(1, data)
        elif not data:
            sources.remove(source)
        elif source == 0:
            os.write(terminal, data)
        else:
            resize(*map(int, data.split()))
`

export function hasPython(): boolean {
  return spawnSync('python3', ['-c', 'import pty']).status === 0
}

/** Milliseconds after which a test is told what stands there instead: less than it has for all. */
const patience = 10_000

export class Terminal {
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  #shown = ''
  #read = 0

  /**
   * @param args of the command
   * @param command another than Millrace's own
   */
  constructor(
    args: readonly string[],
    variables: Readonly<Record<string, string>>,
    command: readonly string[] = [process.execPath, program],
  ) {
    const { PATH, HOME, TMPDIR } = process.env
    const env = { PATH, HOME, TERM: 'xterm', ...(TMPDIR === undefined ? {} : { TMPDIR }), ...variables }
    this.#child = spawn('python3', ['-c', opener, ...command, ...args], {
      env,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#shown += text
      })
    }
    this.#child.stdin?.on('error', () => {})
    this.ended = once(this.#child, 'close').then(([code]) => code)
  }

  resize(lines: number, columns: number): void {
    const [, , , control] = this.#child.stdio
    if (control instanceof Writable) control.write(`${lines} ${columns}\n`)
  }

  type(text: string): void {
    this.#child.stdin?.write(text)
  }

  /**
   * Waits until something is shown, behind what the last call has found.
   * @returns all that has been shown since then, without what moves the cursor
   * @throws Error when the program ends without, or nothing comes for long
   */
  async shows(text: string): Promise<string> {
    const deadline = AbortSignal.timeout(patience)
    for (;;) {
      const since = this.#shown.slice(this.#read)
      const at = since.indexOf(text)
      if (at >= 0) {
        this.#read += at + text.length
        return plain(since.slice(0, at + text.length))
      }
      const data =
        this.#child.stdout === null ? undefined : once(this.#child.stdout, 'data', { signal: deadline })
      data?.catch(() => {
        // Awaited below, unless the program ends first.
      })
      const ending = await Promise.race([data, this.ended]).catch(() => {
        throw new Error(`no "${text}" is shown, but ${JSON.stringify(plain(this.#shown.slice(this.#read)))}`)
      })
      if (!Array.isArray(ending)) throw new Error(`ended without "${text}": ${plain(since)}`)
    }
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '')
}
