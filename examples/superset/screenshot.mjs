/** A picture of the dashboard, by Debian's Chromium: `node screenshot.mjs URL USER PASSWORD FILE`. */
import process from 'node:process'
import { chromium } from 'playwright-core'

const [url, user, password, file] = process.argv.slice(2)
if (file === undefined) throw new Error('Usage: node screenshot.mjs URL USER PASSWORD FILE')

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 820 } })
  page.setDefaultTimeout(120_000)
  await page.goto(`${url}/login/`)
  await page.locator('#username, input[name=username]').fill(user)
  await page.locator('#password, input[name=password]').fill(password)
  await page.keyboard.press('Enter')
  await page.waitForURL((reached) => !reached.pathname.startsWith('/login'))
  await page.goto(`${url}/superset/dashboard/addresses/?standalone=1`)
  // What is drawn: a bubble for each country, a bar chart, and the table's rows.
  await page.locator('circle.datamaps-bubble').nth(2).waitFor()
  await page.locator('canvas').first().waitFor()
  await page.locator('td', { hasText: 'Diemen' }).waitFor()
  // The charts move into place for a second.
  await page.waitForTimeout(2000)
  await page.screenshot({ path: file })
} finally {
  await browser.close()
}
