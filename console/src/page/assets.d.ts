/** What Vite makes of these imports. */

declare module '*?url' {
  const address: string
  export default address
}

declare module '*.css' {}
