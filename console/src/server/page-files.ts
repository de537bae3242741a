/** The files of the built page. */
import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

export interface PageFile {
  readonly path: string
  readonly type: string
}

/** Where the page's editor finds the mark by which its styles are allowed. */
const noncePlace = '%NONCE%'

export class PageFiles {
  readonly #folder: string
  #files: Promise<ReadonlyMap<string, PageFile>> | undefined

  /** @param folder of the built page */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** @param path of the URL. @returns undefined where there is no such file; nothing but the page's own files is read */
  async read(path: string): Promise<{ readonly type: string; readonly bytes: Uint8Array } | undefined> {
    this.#files ??= listFiles(this.#folder)
    const file = (await this.#files).get(path)
    if (file === undefined) return undefined
    return { type: file.type, bytes: await readFile(file.path) }
  }

  /** The page itself, and what it may do: nothing but what comes from here. */
  async page(): Promise<{ readonly html: string; readonly policy: string }> {
    // Whoever works on the page builds it while it is served.
    this.#files = undefined
    const nonce = randomBytes(16).toString('base64')
    const html = await readFile(join(this.#folder, 'index.html'), 'utf8')
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "font-src 'self'",
      "img-src 'self' blob: data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; ')
    return { html: html.replaceAll(noncePlace, nonce), policy }
  }
}

async function listFiles(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'index.html')
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      const url = `/${relative(folder, path).split(sep).join('/')}`
      return [url, { path, type: types[extname(name)] ?? 'application/octet-stream' }]
    }),
  )
}
