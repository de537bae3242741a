/** What goes wrong with files, as PostgreSQL errors. */
import { ApiError, localFailure } from '@millrace/plugin-sdk'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'the server may not read it',
  EPERM: 'the server may not read it',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links lead in a circle, or have just been changed',
}

/** The error for a file that the operating system does not let be read. */
export function fileError(name: string, error: unknown): ApiError {
  if (ApiError.is(error)) return error
  const { code } = Object(error)
  const reason = reasons[String(code)]
  return (
    localFailure(error) ??
    new ApiError(`${name} cannot be read${reason === undefined ? '' : `: ${reason}`}`, {
      code: typeof code === 'string' ? code : undefined,
      detail: typeof code === 'string' ? code : undefined,
      hint: 'Check the path in the settings of the connection, and the permissions of the file.',
    })
  )
}

/** The error for a file whose content is not of its format. */
export function contentError(name: string, what: string, place?: string, hint?: string): ApiError {
  return new ApiError(`${place === undefined ? '' : `${place} of `}${name}: ${what}`, { hint })
}
