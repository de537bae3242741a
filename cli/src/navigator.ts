/**
 * `navigator.userAgent`, which Node.js has from version 21 on. By it, pg finds out whether it runs at Cloudflare; where
 * there is none, pg makes a Response, for which Node.js loads all of `fetch`: 50 ms of each start.
 */
if (!('navigator' in globalThis)) {
  Object.defineProperty(globalThis, 'navigator', {
    configurable: true,
    // https://nodejs.org/docs/latest-v22.x/api/globals.html#navigatoruseragent
    value: { userAgent: `Node.js/${process.versions.node.split('.')[0]}` },
  })
}
