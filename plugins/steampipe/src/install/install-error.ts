/** What keeps a plugin from being installed, in words for whoever installs it. */
export class InstallError extends Error {
  override readonly name = 'InstallError'
}
