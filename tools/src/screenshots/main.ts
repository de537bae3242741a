/**
 * `npm run screenshots`: pictures of the console over the sandbox, in docs/console, made by Debian's Chromium. The same
 * page is taken in the same states each time.
 */
import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startSandbox } from '@millrace/sandbox/sandbox'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = join(root, 'docs', 'console')
const secondsOfLatency = 0.25

const places = `select
  e.source_ip_address,
  i.city,
  i.country_name,
  i.latitude,
  i.longitude
from
  aws_cloudtrail_trail_event e
join
  ipstack_ip i on i.ip = e.source_ip_address::inet
where
  e.log_group_name = 'cloudtrail-cwg-devto'
  and e.source_ip_address ~ '^\\d+\\.\\d+'`

const sources = `select
  e.event_source,
  count(*) as events
from
  aws_cloudtrail_trail_event e
where
  e.log_group_name = 'busy'
  and e.timestamp >= '2022-07-01'
  and e.timestamp < '2022-07-01 06:00'
group by 1
order by 2 desc`

const whole = `select
  e.event_time, e.event_name, i.country_name,
  a.abuse_confidence_score
from
  aws_cloudtrail_trail_event e
join
  ipstack_ip i on i.ip = e.source_ip_address::inet
join
  abuseipdb_check_ip a on a.ip_address = i.ip
where
  e.log_group_name = 'busy'
  and e.timestamp >= '2022-07-01'
  and e.timestamp < '2022-07-01 00:30'
  and e.source_ip_address ~ '^\\d+\\.\\d+'`

interface Shot {
  readonly name: string
  readonly options?: BrowserContextOptions
  readonly take: (page: Page) => Promise<void>
}

async function run(page: Page, sql: string): Promise<void> {
  await page.locator('.cm-content').focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(sql)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+Home')
  await page.getByRole('region', { name: 'What it will cost' }).getByText('Asked with').first().waitFor()
  await page.keyboard.press('Control+Enter')
  await page
    .getByRole('status')
    .filter({ hasText: /\d m?s$/ })
    .waitFor({ timeout: 60_000 })
}

const view = (page: Page, name: string) => page.locator('.views').getByRole('tab', { name }).click()

const shots: readonly Shot[] = [
  {
    name: 'map',
    take: async (page) => {
      await run(page, places)
      await page.locator('.map-place').nth(5).waitFor()
      await page.locator('.map-land').waitFor()
    },
  },
  {
    name: 'map-dark',
    options: { colorScheme: 'dark' },
    take: async (page) => {
      await run(page, places)
      await page.locator('.map-place').nth(5).waitFor()
      await page.locator('.map-land').waitFor()
    },
  },
  {
    name: 'waterfall',
    take: async (page) => {
      await run(page, whole)
      await view(page, 'Calls')
    },
  },
  {
    name: 'chart-dark',
    options: { colorScheme: 'dark' },
    take: async (page) => {
      await run(page, sources)
      await view(page, 'Chart')
      await page.locator('.chart-place svg rect').first().waitFor()
    },
  },
  {
    name: 'rows',
    take: async (page) => {
      await run(
        page,
        "select * from aws_cloudtrail_trail_event where log_group_name = 'cloudtrail-cwg-devto'",
      )
      await page.locator('.grid').focus()
      await page.locator('.grid-cell', { hasText: '{' }).first().click()
      await page.locator('.json-name').first().waitFor()
    },
  },
  {
    name: 'phone',
    options: { viewport: { width: 390, height: 844 } },
    take: async (page) => {
      await run(page, places)
      await page.locator('.map-place').nth(5).waitFor()
      await page.locator('.map-land').waitFor()
      await page.locator('.grid').scrollIntoViewIfNeeded()
    },
  },
]

const home = await mkdtemp(join(tmpdir(), 'millrace-screenshots-'))
// PostgreSQL has another account where root takes them.
await chmod(home, 0o711)
const sandbox = await startSandbox()
sandbox.generateEvents({
  logGroup: 'busy',
  count: 20_000,
  seed: 7,
  startTime: Date.parse('2022-07-01'),
  intervalMs: 4_000,
  distinctAddresses: 60,
})
const { PATH = '', HOME = '' } = process.env
const environment = Object.entries(sandbox.environment).filter(([, value]) => value !== '')
const millrace = spawn(process.execPath, [join(root, 'cli/dist/main.js'), 'console', '--no-open'], {
  env: { PATH, HOME, ...Object.fromEntries(environment), MILLRACE_HOME: home },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const ended = new Promise((resolve) => millrace.once('exit', resolve))
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
try {
  await mkdir(folder, { recursive: true })
  const url = await new Promise<string>((resolve, reject) => {
    millrace.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()))
    void ended.then(() => reject(new Error('the console does not start')))
  })
  sandbox.faults.add({ kind: 'latency', milliseconds: secondsOfLatency * 1000 })
  const entering = await browser.newContext()
  await (await entering.newPage()).goto(url)
  const { cookies } = await entering.storageState()
  for (const { name, options = {}, take } of shots) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    await context.addCookies(cookies)
    const page = await context.newPage()
    await page.goto(new URL(url).origin)
    await page.getByText(/\d+ connections/).waitFor({ state: 'attached' })
    await take(page)
    await page.evaluate('document.fonts.ready.then(() => undefined)')
    await page.mouse.move(0, 0)
    await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', caret: 'hide' })
    process.stdout.write(`docs/console/${name}.png\n`)
    await context.close()
  }
} finally {
  await browser.close()
  millrace.kill('SIGTERM')
  await ended
  await sandbox.stop()
  await rm(home, { recursive: true, force: true })
}
