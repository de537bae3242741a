/** Opens a URL in the person's browser, where that is possible. */
import { spawn } from 'node:child_process'

/** Programs that open a URL with whatever the person has chosen for it. */
const openers: Readonly<Partial<Record<NodeJS.Platform, string>>> = { darwin: 'open', linux: 'xdg-open' }

/** What goes wrong is not told: the URL has been printed. */
export function openBrowser(url: string): void {
  const program = openers[process.platform]
  if (program === undefined || (process.platform === 'linux' && !hasDisplay())) return
  const child = spawn(program, [url], { detached: true, stdio: 'ignore' })
  child.on('error', () => {})
  child.unref()
}

/** Without one, xdg-open may take the terminal for a browser of text. */
function hasDisplay(): boolean {
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}
