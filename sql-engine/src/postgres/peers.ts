/** Other gateways over one database, and this one among them. */
import type { PeerChannel } from './peer-channel.js'

export interface Peers extends PeerChannel {
  /** This gateway's number in the database; another one each time that PostgreSQL has been lost and found. */
  readonly number: number
  /** The numbers of the others, as of the last look. */
  readonly others: ReadonlySet<number>
  /** Notes that the catalog shows this gateway's tables. @throws Error of PostgreSQL */
  stand(): Promise<void>
  /** @param listener called when one has gone @returns ends the listening */
  onDeparture(listener: () => void): () => void
}
