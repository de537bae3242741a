/** What a statement may take of PostgreSQL itself. What it may take of APIs are its quotas. */
export interface StatementLimits {
  /** Seconds; a session may choose otherwise. */
  readonly time: number | undefined
  /** Megabytes for each sort, hash table and the like before it goes to files; a session may choose otherwise. */
  readonly workMemory: number | undefined
  /** Megabytes of those files, for each session; only a superuser may choose otherwise. */
  readonly temporaryFiles: number | undefined
}

export const noLimits: StatementLimits = { time: undefined, workMemory: undefined, temporaryFiles: undefined }

/** PostgreSQL's settings for them; its own default holds for the others. */
export function limitSettings({ time, workMemory, temporaryFiles }: StatementLimits): Record<string, string> {
  return {
    ...(time === undefined ? {} : { statement_timeout: `${Math.ceil(time * 1000)}ms` }),
    ...(workMemory === undefined ? {} : { work_mem: `${workMemory}MB` }),
    ...(temporaryFiles === undefined ? {} : { temp_file_limit: `${temporaryFiles}MB` }),
  }
}
