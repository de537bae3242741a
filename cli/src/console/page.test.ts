/** The console's page, driven in a browser as a person does. */
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import axe from 'axe-core'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser, OpenPage, startBrowser } from './testing/browser.js'
import { type RunningConsole, startConsole } from './testing/running-console.js'

let running: RunningConsole
let browser: Browser
let opened: OpenPage

/** The article's question, with the places of its addresses. */
const article = `select e.source_ip_address, i.city, i.latitude, i.longitude
from aws_cloudtrail_trail_event e
join ipstack_ip i on i.ip = e.source_ip_address::inet
where e.log_group_name = 'cloudtrail-cwg-devto' and e.source_ip_address ~ '^\\d'`

beforeAll(async () => {
  if (!hasBrowser) return
  running = await startConsole()
  browser = await startBrowser()
  opened = await OpenPage.open(browser, running.url)
}, 180_000)

afterAll(async () => {
  await browser?.close()
  await running?.stop()
})

/** Whoever cannot see the page, or use a mouse, must be able to use it. */
async function violations({ page }: OpenPage): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  )
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

describe.runIf(hasBrowser)('the page', () => {
  it('completes what one types, from the catalog', async () => {
    const { page } = opened
    await page.getByRole('button', { name: 'ipstack_ip' }).waitFor()
    await opened.write('select e.source_ip_address, i.city from ')
    const choose = async (typed: string, wanted: string) => {
      await page.keyboard.type(typed)
      await page.locator('.cm-tooltip-autocomplete li', { hasText: wanted }).first().click()
    }
    await choose('aws_cloudtrail_trail_e', 'aws_cloudtrail_trail_event')
    await page.keyboard.type(' e join ')
    await choose('ipstack_i', 'ipstack_ip')
    await page.keyboard.type(' i on i.ip = e.')
    await choose('source_ip', 'source_ip_address')
    expect((await opened.editor.innerText()).replace(/\s+/g, ' ')).toContain(
      'from aws_cloudtrail_trail_event e join ipstack_ip i on i.ip = e.source_ip_address',
    )
  })

  it('tells the cost before, and what is missing, without a call', async () => {
    const { page } = opened
    const before = running.sandbox.calls.count()
    const price = page.getByRole('region', { name: 'What it will cost' })
    await opened.write(article)
    await price.getByText('1 per 50 values of ip').waitFor()
    await opened.write('select city from ipstack_ip')
    await price
      .getByText(/key column/)
      .first()
      .waitFor()
    expect(running.sandbox.calls.count()).toBe(before)
  })

  it('shows where PostgreSQL points', async () => {
    const { page } = opened
    await opened.run("select 1;\nselect citty from ipstack_ip where ip = '1.1.1.1'")
    expect(await page.locator('.result .report').innerText()).toContain(
      'Perhaps you meant to reference the column',
    )
    await page.locator('.cm-lintRange-error', { hasText: /^citty$/ }).waitFor()
  })

  it('runs only the statement at the cursor', async () => {
    const { page } = opened
    await opened.write('select 1 as first;\nselect 2 as second;\nselect 3 as third')
    await page.keyboard.press('ArrowUp')
    await opened.run()
    await page.getByRole('columnheader', { name: 'second' }).waitFor()
  })

  it('shows a bar for each scan while it runs, and its calls over time', async () => {
    const { page } = opened
    const { faults } = running.sandbox
    faults.add({ kind: 'latency', milliseconds: 700 })
    await opened.write(article)
    await opened.editor.focus()
    await page.getByRole('region', { name: 'What it will cost' }).getByText('1 per 50').waitFor()
    await page.keyboard.press('Control+Enter')
    const bars = page.getByRole('list', { name: 'Scans' })
    await bars.getByText(/1 call · 1 in flight/).waitFor()
    await bars.getByText('waits for rows of aws_cloudtrail_trail_event').waitFor()
    await bars.getByText(/6 keys/).waitFor()
    await opened.ended()
    faults.clear()
    expect(await opened.status.innerText()).toMatch(/^6 rows · 2 API calls · /)
    await opened.view('Calls')
    const lanes = page.locator('.lanes')
    expect(await lanes.count()).toBe(2)
    const [events, places] = await Promise.all(
      [0, 1].map((index) => lanes.nth(index).locator('.span.is-answered').boundingBox()),
    )
    // The second waits for the first one's rows.
    expect(places?.x).toBeGreaterThanOrEqual((events?.x ?? 0) + (events?.width ?? 0))
  })

  it('shows the addresses’ places on the map, and filters by one', async () => {
    const { page } = opened
    await opened.view('Map')
    const places = page.locator('.map-place')
    await places.nth(5).waitFor()
    expect(await places.count()).toBe(6)
    const at = await places.evaluateAll((elements) =>
      elements.map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect()
        const { latitude, longitude } = (element as unknown as { dataset: Record<string, string> }).dataset
        return {
          name: element.getAttribute('aria-label')?.split(',')[0],
          latitude: Number(latitude),
          longitude: Number(longitude),
          x: x + width / 2,
          y: y + height / 2,
        }
      }),
    )
    const madrid = at.find(({ name }) => name === 'Madrid')
    expect(madrid).toMatchObject({ latitude: expect.closeTo(40.4, 0), longitude: expect.closeTo(-3.7, 0) })
    // West is left of east, and north above south.
    expect(at.toSorted((one, other) => one.x - other.x).map(({ longitude }) => longitude)).toEqual(
      at.map(({ longitude }) => longitude).toSorted((one, other) => one - other),
    )
    const diemen = at.find(({ name }) => name === 'Diemen')
    expect(diemen?.y).toBeLessThan(madrid?.y ?? 0)
    const before = running.sandbox.calls.count()
    await page.getByRole('button', { name: 'Madrid, 1 row' }).click()
    await opened.status.filter({ hasText: /^1 row / }).waitFor()
    await page.locator('.grid-cell', { hasText: '82.102.17.180' }).waitFor()
    expect(running.sandbox.calls.count()).toBe(before)
    await page.getByRole('button', { name: 'Clear' }).click()
    await opened.status.filter({ hasText: /^6 rows / }).waitFor()
  })

  it('saves the result and its picture', async () => {
    const { page } = opened
    const saved = async (name: string) => {
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ])
      return readFile(await file.path())
    }
    expect((await saved('CSV')).toString()).toMatch(/^source_ip_address,city,latitude,longitude\n/)
    expect((await saved('Parquet')).subarray(0, 4).toString()).toBe('PAR1')
    expect((await saved('SVG')).toString()).toMatch(/^<svg .*Madrid.*<\/svg>$/s)
    expect((await saved('PNG')).subarray(1, 4).toString()).toBe('PNG')
  })

  it('asks where addresses are when it is told to', async () => {
    const { page } = opened
    await opened.run("select '89.248.165.99'::inet as ip")
    await opened.view('Map')
    const before = running.sandbox.calls.count()
    await page.getByRole('button', { name: 'Show them on the map' }).click()
    await page.getByRole('button', { name: 'Diemen, 1 row' }).waitFor()
    expect(running.sandbox.calls.count()).toBeLessThanOrEqual(before + 1)
  })

  it('asks for those among texts, too, and for nothing where no text is an address', async () => {
    const { page } = opened
    await opened.run(
      "select event_name, source_ip_address from aws_cloudtrail_trail_event where log_group_name = 'cloudtrail-cwg-devto'",
    )
    await opened.view('Map')
    const ask = page.getByRole('button', { name: 'Show them on the map' })
    await ask.waitFor()
    expect(await page.getByRole('button', { name: 'SVG' }).count()).toBe(0)
    await ask.click()
    await page.getByRole('button', { name: 'Madrid, 1 row' }).waitFor()
    expect(await page.locator('.map-place').count()).toBe(6)
    await page.getByRole('button', { name: 'SVG' }).waitFor()
    await opened.run("select 'cloudtrail.amazonaws.com' as source, '12:30:45' as at, '1.2.3' as version")
    expect(await page.getByRole('tab', { name: 'Map' }).count()).toBe(0)
  })

  it('draws what fits', async () => {
    const { page } = opened
    await opened.run("select 'name ' || n % 3 as name, n from generate_series(1, 30) n")
    await opened.view('Chart')
    await page.locator('.chart-place svg rect').nth(2).waitFor()
    await opened.run("select now() - n * interval '1 hour' as at, n from generate_series(1, 30) n")
    await opened.view('Chart')
    const line = page.locator('.chart-place svg [aria-label=line] path')
    await line.waitFor()
    const { x = 0, y = 0, width = 0, height = 0 } = (await line.boundingBox()) ?? {}
    await page.mouse.move(x + width * 0.25, y + height / 2)
    await page.mouse.down()
    await page.mouse.move(x + width * 0.75, y + height / 2)
    await page.mouse.up()
    // Half of 29 hours.
    await opened.status.filter({ hasText: /^1[45] rows / }).waitFor()
    expect(await page.getByRole('list', { name: 'Filters' }).innerText()).toMatch(/at >= .*at < /s)
  })

  it('ends calls when it is told to', async () => {
    const { page } = opened
    const { calls, faults } = running.sandbox
    faults.add({ kind: 'hang', service: 'ipstack' })
    const called = calls.next(({ service }) => service === 'ipstack')
    await opened.write("select city from ipstack_ip where ip = '8.8.4.4'")
    await opened.editor.focus()
    await page.keyboard.press('Control+Enter')
    const call = await called
    await page.getByRole('button', { name: 'Cancel' }).click()
    await calls.until(() => call.endedAt !== undefined)
    expect(call.aborted).toBe(true)
    await opened.status.filter({ hasText: /^canceled/ }).waitFor()
    faults.clear()
  })

  it('shows what APIs have written as text', async () => {
    const { page } = opened
    const markup = '<img src=x onerror=alert(1)><script>alert(1)</script>'
    await opened.run(`select '${markup}' as agent, jsonb_build_object('${markup}', '${markup}') as document`)
    await page.locator('.grid-cell', { hasText: markup }).first().click()
    expect(await page.locator('.cell-body pre').innerText()).toBe(markup)
    await page.locator('.grid-cell', { hasText: markup }).nth(1).click()
    expect(await page.locator('.json-name').last().innerText()).toBe(markup)
    expect(await page.locator('img').count()).toBe(0)
  })

  it('scrolls a million rows without holding them', async () => {
    const { page } = opened
    const memory = () => page.evaluate<number>('gc(), performance.memory.usedJSHeapSize')
    const before = await memory()
    await opened.run(
      "select n, md5(n::text) as hash, 'row ' || n as name from generate_series(1, 1000000) n",
      60_000,
    )
    expect(await opened.status.innerText()).toMatch(/^1,000,000 rows/)
    const grid = page.locator('.grid')
    for (const share of [0.1, 0.5, 0.9, 0.3, 0.7]) {
      await grid.evaluate((element, part) => {
        element.scrollTop = element.scrollHeight * part
      }, share)
      await page.locator('.grid-cell', { hasText: /^…$/ }).first().waitFor({ state: 'detached' })
    }
    await grid.focus()
    await page.keyboard.press('Control+End')
    await page.locator('.grid-cell', { hasText: 'row 1000000' }).waitFor()
    expect((await memory()) - before).toBeLessThan(30 * 1024 ** 2)
    expect(await grid.locator('.grid-row').count()).toBeLessThan(60)
  }, 90_000)

  it('sorts by PostgreSQL', async () => {
    const { page } = opened
    await opened.run('select n from generate_series(1, 3000) n')
    const header = page.getByRole('columnheader', { name: 'n', exact: false }).last()
    await header.getByRole('button').click()
    await header.getByRole('button').click()
    await page.locator('.grid-row').first().getByText('3000').waitFor()
    expect(await header.getAttribute('aria-sort')).toBe('descending')
  })

  it('keeps its tabs over a reload', async () => {
    const { page } = opened
    await opened.write("select 'still here' as kept")
    const tabs = await page.getByRole('tablist', { name: 'Statements' }).getByRole('tab').count()
    await page.reload()
    await opened.editor.filter({ hasText: 'still here' }).waitFor()
    expect(await page.getByRole('tablist', { name: 'Statements' }).getByRole('tab').count()).toBe(tabs)
  })

  it.each(['light', 'dark'] as const)('has no violation that axe knows, in %s', async (colorScheme) => {
    const { page } = opened
    await page.emulateMedia({ colorScheme })
    await page.reload()
    await opened.run(article)
    await page.locator('.map-place').first().waitFor()
    expect(await violations(opened)).toEqual([])
    await opened.view('Calls')
    await page.getByRole('tab', { name: 'Examples' }).click()
    expect(await violations(opened)).toEqual([])
  })

  it('is used on a phone', async () => {
    const { page } = opened
    await page.setViewportSize({ width: 390, height: 844 })
    await page.reload()
    await opened.editor.waitFor()
    const widths = "['html', '.main'].map((name) => document.querySelector(name).scrollWidth)"
    expect(await page.evaluate<number[]>(widths)).toEqual([390, 390])
    await page.getByRole('button', { name: 'Catalog' }).click()
    await page.getByRole('tab', { name: 'Examples' }).click()
    await page.getByRole('button', { name: /^Where are these addresses/ }).click()
    await page.getByRole('button', { name: 'Run' }).click()
    await opened.ended()
    expect(await opened.status.innerText()).toMatch(/^6 rows/)
    expect(await violations(opened)).toEqual([])
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  it('asks nobody but its own server, and nothing goes wrong in it', () => {
    expect(opened.faults).toEqual([])
  })

  it('is small', async () => {
    const folder = fileURLToPath(new URL('../../../console/dist/page/assets/', import.meta.url))
    const files = (await readdir(folder)).filter((name) => !name.startsWith('countries'))
    const sizes = await Promise.all(
      files.map(async (name) => {
        const bytes = await readFile(`${folder}${name}`)
        return name.endsWith('.woff2') ? bytes.length : gzipSync(bytes).length
      }),
    )
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(500_000)
  })
})
