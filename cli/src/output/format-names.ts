/** The formats of results, by the names that people give. */
export const formats = ['table', 'csv', 'json', 'jsonl', 'line', 'markdown'] as const

export type Format = (typeof formats)[number]

/** Those of files: Parquet is nothing for a terminal or a pipe. */
export type FileFormat = Format | 'parquet'
