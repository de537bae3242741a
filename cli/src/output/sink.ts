/** Where results go: standard output, and files. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../user-error.js'

export interface Sink {
  /** Resolves when more may be written. */
  write(text: string): Promise<void>
  /** Called when a result has come to its end, or is given up. */
  resultEnd?(): Promise<void>
}

/** Nobody reads any more: whoever writes is to end, without a word. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone'
}

/** Whoever reads has seen enough of a result; the next one may be another matter. */
export class EnoughRead extends Error {
  override readonly name = 'EnoughRead'
}

/** @throws ReaderGone from `write`, or what else is wrong with the stream, such as a full disk */
export function streamSink(stream: NodeJS.WritableStream): Sink {
  return {
    write: (text) =>
      new Promise((resolve, reject) => {
        if (text === '') resolve()
        else {
          stream.write(text, (error) => {
            if (error === null || error === undefined) resolve()
            else reject(Object(error).code === 'EPIPE' ? new ReaderGone() : error)
          })
        }
      }),
  }
}

export interface ExportFile extends Sink {
  writeBytes(bytes: Uint8Array): Promise<void>
  /** Gives the file its name, in place of one that was there. */
  finish(): Promise<void>
  /** Leaves nothing behind. After {@link finish} it does nothing. */
  abandon(): Promise<void>
}

/**
 * A file that has its name only when it is whole.
 * @throws UserError where its folder cannot be written to
 */
export async function openExportFile(path: string): Promise<ExportFile> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  let file: FileHandle | undefined
  try {
    file = await open(draft, 'wx')
  } catch (error) {
    throw new UserError(`${path} cannot be written: ${Object(error).code ?? error}`, 2, error)
  }
  const handle = file
  const close = async () => {
    const open = file
    file = undefined
    await open?.close()
  }
  return {
    write: async (text) => {
      await handle.writeFile(text)
    },
    writeBytes: async (bytes) => {
      await handle.writeFile(bytes)
    },
    finish: async () => {
      await close()
      await rename(draft, path)
    },
    abandon: async () => {
      await close()
      await rm(draft, { force: true })
    },
  }
}
