/** A browser that drives the page as a person does: Debian's Chromium. */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const program = '/usr/bin/chromium'

/** How long anything on the page may take, in milliseconds; machines of CI are slow. */
const patience = 20_000

/** With CI=true, tests without it fail. */
export const hasBrowser = existsSync(program) || process.env.CI === 'true'

export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: program,
    // Root has no sandbox; nothing but the page is opened.
    args: ['--no-sandbox', '--enable-precise-memory-info', '--js-flags=--expose-gc'],
  })
}

/** A page with what a person sees of it, and what must not happen on it. */
export class OpenPage {
  readonly page: Page
  /** What has gone wrong in it, and requests that leave the machine. */
  readonly faults: string[] = []

  constructor(page: Page, origin: string) {
    this.page = page
    page.on('pageerror', (error) => this.faults.push(error.message))
    page.on('dialog', (dialog) => {
      this.faults.push(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('request', (request) => {
      const url = request.url()
      if (!/^(?:data|blob):/.test(url) && new URL(url).origin !== origin)
        this.faults.push(`a request of ${url}`)
    })
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    context.setDefaultTimeout(patience)
    const opened = new OpenPage(await context.newPage(), new URL(url).origin)
    await opened.page.goto(url)
    await opened.page.locator('.cm-content').waitFor()
    return opened
  }

  get editor() {
    return this.page.locator('.cm-content')
  }

  get status() {
    return this.page.getByRole('status')
  }

  /** Replaces the statement. */
  async write(sql: string): Promise<void> {
    await this.page.getByRole('button', { name: 'New tab' }).click()
    await this.editor.focus()
    await this.page.keyboard.insertText(sql)
    await this.page.keyboard.press('Escape')
  }

  /** Runs the statement at the cursor, and waits for its end. @param timeout in milliseconds */
  async run(sql?: string, timeout = patience): Promise<void> {
    if (sql !== undefined) await this.write(sql)
    await this.editor.focus()
    await this.page.keyboard.press('Control+Enter')
    await this.ended(timeout)
  }

  async ended(timeout = patience): Promise<void> {
    await this.status.filter({ hasText: /(?:\d m?s)$/ }).waitFor({ timeout })
  }

  view(name: string): Promise<void> {
    return this.page.locator('.views').getByRole('tab', { name }).click()
  }
}
