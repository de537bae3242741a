/** What gateways over one database tell each other. */
export interface PeerChannel {
  /**
   * Tells all gateways over the database, this one among them. Resolves when PostgreSQL has it, or cannot take it now.
   * Never rejects.
   */
  tell(message: string): Promise<void>
  /** @returns ends the listening */
  listen(listener: (message: string) => void): () => void
}
