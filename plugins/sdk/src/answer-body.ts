/** Bodies of an API's answers, read within a bound: anything may be answering, and its answer may never end. */
import { ApiError } from './api-error.js'

const megabyte = 1024 * 1024

/**
 * The most bytes of an answer's body, unless the connection's setting `max_answer_mb` says otherwise. Several times
 * the largest known pages: 50 CloudTrail events of 256 KB each, as JSON within JSON.
 */
export const defaultMaxAnswerBytes = 64 * megabyte

/**
 * Reads a body to its end. Beyond the bound, the rest is not read: the stream is destroyed.
 * @throws ApiError that names the setting; what the stream throws
 */
export async function readAnswerBody(
  body: AsyncIterable<Uint8Array>,
  maxBytes = defaultMaxAnswerBytes,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > maxBytes) throw answerTooLarge(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}

function answerTooLarge(maxBytes: number): ApiError {
  return new ApiError(`the answer is larger than ${maxBytes / megabyte} MB`, {
    detail: 'The rest of it was not read.',
    hint:
      'Check whether it is the API that answers; if so, narrow the query, or raise the setting max_answer_mb of ' +
      'the connection.',
  })
}

/** How many characters of a foreign answer are shown. */
const mostWords = 200

/** The first words of a body, on one line, without characters that a message of PostgreSQL cannot hold. */
export function firstWords(body: string): string {
  const words = body
    .slice(0, 20 * mostWords)
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is meant
    .replace(/[\u0000-\u0020\u007f]+/g, ' ')
    .trim()
  return words.length > mostWords ? `${words.slice(0, mostWords).toWellFormed()}…` : words
}
