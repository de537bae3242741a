/** Parts of node-postgres that its types leave out. */
declare module 'pg/lib/crypto/sasl.js' {
  export interface SaslSession {
    readonly mechanism: string
    readonly response: string
  }
  const sasl: {
    startSession(mechanisms: readonly string[]): SaslSession
    continueSession(session: SaslSession, password: string, data: string): Promise<void>
    finalizeSession(session: SaslSession, data: string): void
  }
  export default sasl
}

declare module 'pg/lib/crypto/utils.js' {
  const crypto: {
    postgresMd5PasswordHash(user: string, password: string, salt: Uint8Array): Promise<string>
  }
  export default crypto
}
