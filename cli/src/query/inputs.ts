/** The texts that `millrace query` is given: SQL, names of files, standard input. */
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { UserError } from '../user-error.js'

export interface Input {
  readonly sql: string
  /** Of the file, where it is one: errors name it. */
  readonly file?: string
}

/**
 * An argument that ends in `.sql` is a file; `-` is standard input, and so is no argument at all.
 * @throws UserError where a file cannot be read
 */
export async function readInputs(
  args: readonly string[],
  standardInput: NodeJS.ReadableStream,
): Promise<Input[]> {
  const inputs: Input[] = []
  for (const argument of args.length === 0 ? ['-'] : args) {
    if (argument === '-') inputs.push({ sql: await text(standardInput) })
    else if (/\.sql$/i.test(argument)) inputs.push(await readSqlFile(argument))
    else inputs.push({ sql: argument })
  }
  return inputs
}

async function readSqlFile(file: string): Promise<Input> {
  try {
    // Editors on Windows begin files with a mark that PostgreSQL would take for a letter.
    return { sql: (await readFile(file, 'utf8')).replace(/^\ufeff/, ''), file }
  } catch (error) {
    const { code } = Object(error)
    const what = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${code ?? error}`
    throw new UserError(`the file ${file} ${what}`, 2, error)
  }
}
