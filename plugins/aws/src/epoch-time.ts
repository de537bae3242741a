/** A time that an API gives in milliseconds since 1970; NULL where it gives none. */
export function dateOrNull(milliseconds: number | undefined): Date | null {
  return milliseconds === undefined ? null : new Date(milliseconds)
}
