/** A time that an API gives in milliseconds since 1970; NULL where it gives none. */
export function dateOrNull(milliseconds: number | undefined): Date | null {
  return milliseconds === undefined ? null : new Date(milliseconds)
}

/** The same, for APIs that may answer 0 where there is no time. */
export function dateUnlessZero(milliseconds: number | undefined): Date | null {
  return milliseconds === 0 ? null : dateOrNull(milliseconds)
}
