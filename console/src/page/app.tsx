/** The page: catalog at the side, editor and price above, answer below. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { CatalogAnswer } from '../protocol/messages.js'
import { fetchCatalog, keepResults } from './api/requests.js'
import { SidePanel } from './catalog/side-panel.js'
import { type Mark, SqlEditor } from './editor/sql-editor.js'
import type { StatementText } from './editor/statements.js'
import { PricePanel } from './price/price-panel.js'
import { usePrice } from './price/use-price.js'
import { ResultView } from './result/result-view.js'
import { counted, duration } from './run/format.js'
import { useChanges } from './run/listeners.js'
import { type Asked, RunModel } from './run/run-model.js'
import { unshaped } from './run/shape.js'
import { chooseTheme, currentTheme } from './style/theme.js'
import { addRecent, loadRecent } from './tabs/recent.js'
import { TabBar } from './tabs/tab-bar.js'
import { loadTabs, newTab, saveTabs, type Tabs } from './tabs/tabs.js'

const welcome = `select
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
  and e.source_ip_address ~ '^\\d+\\.\\d+'
`

/** How often the server hears which results are still looked at, in milliseconds. */
const keepEvery = 20_000

export function App() {
  const [catalog, setCatalog] = useState<CatalogAnswer>()
  const [failure, setFailure] = useState<string>()
  const [tabs, setTabs] = useState<Tabs>(() => loadTabs(welcome))
  const [models, setModels] = useState<ReadonlyMap<string, RunModel>>(new Map())
  const [statement, setStatement] = useState<StatementText>()
  const [recent, setRecent] = useState(loadRecent)
  const [fresh, setFresh] = useState(false)
  const [theme, setTheme] = useState(currentTheme)
  const [sideOpen, setSideOpen] = useState(() => innerWidth >= 900)
  const priced = usePrice(statement?.sql)
  const active = tabs.tabs.find(({ id }) => id === tabs.active) ?? tabs.tabs[0]
  const model = models.get(tabs.active)
  useChanges(model)

  useEffect(() => {
    fetchCatalog().then(setCatalog, (error: unknown) => setFailure(String(Object(error).message ?? error)))
  }, [])
  useEffect(() => saveTabs(tabs), [tabs])
  useOpenResults(models)

  const start = useCallback((tab: string, asked: Asked) => {
    const made = new RunModel(asked)
    setModels((known) => {
      known.get(tab)?.close()
      return new Map(known).set(tab, made)
    })
    void made.start().then(() => {
      const { state, rows, callsMade } = made
      if (state.kind === 'canceled') return
      const failed = state.kind === 'failed'
      setRecent(addRecent({ sql: asked.sql, at: Date.now(), calls: callsMade, rows: rows.count, failed }))
    })
  }, [])
  const run = (wanted: StatementText) => {
    const known = priced?.sql === wanted.sql && priced.answer.kind === 'priced' ? priced.answer.scans : []
    start(tabs.active, { ...wanted, fresh, shape: unshaped, planned: known })
  }
  const openTab = (sql: string, title?: string) => {
    const tab = newTab(sql, title)
    setTabs((known) => ({ tabs: [...known.tabs, tab], active: tab.id }))
    if (innerWidth < 900) setSideOpen(false)
  }
  const closeTab = (id: string) => {
    models.get(id)?.close()
    setModels((known) => new Map([...known].filter(([each]) => each !== id)))
    setTabs((known) => {
      const place = known.tabs.findIndex((tab) => tab.id === id)
      const left = known.tabs.filter((tab) => tab.id !== id)
      const next = left[Math.min(place, left.length - 1)] ?? newTab()
      return { tabs: left.length === 0 ? [next] : left, active: next.id }
    })
  }
  const change = (text: string) =>
    setTabs((known) => ({
      ...known,
      tabs: known.tabs.map((tab) => (tab.id === known.active ? { ...tab, text } : tab)),
    }))
  const mark = useMark(model, statement, priced)
  const running = new Set([...models].flatMap(([id, each]) => (each.state.kind === 'running' ? [id] : [])))
  const isRunning = model?.state.kind === 'running'
  useCancelKey(model)
  if (active === undefined) return null
  return (
    <div class={`app ${sideOpen ? 'has-side' : ''}`}>
      <header class="top">
        <button
          type="button"
          class="plain"
          aria-expanded={sideOpen}
          aria-controls="side"
          onClick={() => setSideOpen(!sideOpen)}
        >
          <span class="menu-mark" aria-hidden="true" />
          <span class="visually-hidden">Catalog</span>
        </button>
        <h1>
          Millrace <span>console</span>
        </h1>
        <p class="top-facts">
          {catalog !== undefined && (
            <>
              {counted(catalog.connections.length, 'connection')}, {counted(catalog.tables.length, 'table')}
              {catalog.writes ? '' : ', read-only'}
            </>
          )}
        </p>
        <button
          type="button"
          class="plain"
          onClick={() => {
            const next = theme === 'dark' ? 'light' : 'dark'
            chooseTheme(next)
            setTheme(next)
          }}
        >
          {theme === 'dark' ? 'Light' : 'Dark'}
        </button>
      </header>
      {sideOpen && (
        <SidePanel
          catalog={catalog}
          failure={failure}
          recent={recent}
          onOpen={openTab}
          onClose={() => setSideOpen(false)}
        />
      )}
      <main class="main">
        <TabBar
          tabs={tabs}
          running={running}
          onChoose={(id) => setTabs((known) => ({ ...known, active: id }))}
          onClose={closeTab}
          onNew={() => openTab('')}
        />
        <div class="ask" id="statement" role="tabpanel" aria-label="Statement">
          <SqlEditor
            tab={active}
            tables={catalog?.tables ?? []}
            mark={mark}
            onChange={change}
            onStatement={setStatement}
            onRun={run}
          />
          <PricePanel priced={priced} />
        </div>
        <div class="run-bar">
          {isRunning ? (
            <button type="button" class="primary" onClick={() => model?.cancel()}>
              Cancel
            </button>
          ) : (
            <button
              type="button"
              class="primary"
              disabled={statement === undefined}
              onClick={() => statement !== undefined && run(statement)}
            >
              Run
            </button>
          )}
          <kbd>{isRunning ? 'Ctrl .' : 'Ctrl Enter'}</kbd>
          <label class="check" title="Rows that are cached are asked for again">
            <input
              type="checkbox"
              checked={fresh}
              onChange={({ currentTarget }) => setFresh(currentTarget.checked)}
            />{' '}
            Ask again
          </label>
          <p class="status" role="status">
            <Status model={model} />
          </p>
        </div>
        {model === undefined ? (
          <section class="result is-empty" aria-label="Answer">
            <p class="quiet">Run the statement to see its answer here.</p>
          </section>
        ) : (
          <ResultView
            key={tabs.active}
            model={model}
            tables={catalog?.tables ?? []}
            onShape={(shape) => start(tabs.active, { ...model.asked, fresh: false, shape })}
          />
        )}
      </main>
    </div>
  )
}

function Status({ model }: { readonly model: RunModel | undefined }) {
  if (model === undefined) return null
  const { state, rows, callsMade } = model
  const calls = counted(callsMade, 'API call')
  switch (state.kind) {
    case 'running':
      return <>running, {rows.count > 0 ? `${counted(rows.count, 'row')} so far` : calls}</>
    case 'canceled':
      return <>canceled after {duration(state.milliseconds)}</>
    case 'failed':
      return <>failed after {duration(state.milliseconds)}</>
    case 'ended':
      return (
        <>
          {state.isCut ? 'more than ' : ''}
          {counted(rows.count, 'row')} · {calls} · {duration(state.milliseconds)}
        </>
      )
  }
}

/** Where PostgreSQL points: in the last run's statement, or in the one that is being typed. */
function useMark(
  model: RunModel | undefined,
  statement: StatementText | undefined,
  priced: ReturnType<typeof usePrice>,
): Mark | undefined {
  return useMemo(() => {
    if (statement === undefined) return undefined
    const { sql, from } = statement
    const failed =
      model?.state.kind === 'failed' && model.asked.sql === sql && model.asked.shape === unshaped
        ? model.state.report
        : priced?.sql === sql && priced.answer.kind === 'failed'
          ? priced.answer.report
          : undefined
    if (failed?.position === undefined) return undefined
    const message = [failed.message, failed.hint].filter(Boolean).join('\n')
    return { place: from + failed.position, message }
  }, [model?.state, statement, priced])
}

/** The server keeps what the page looks at, and drops it when the page is closed. */
function useOpenResults(models: ReadonlyMap<string, RunModel>): void {
  const current = useRef(models)
  current.current = models
  useEffect(() => {
    const open = () => [...current.current.values()].flatMap(({ rows }) => rows.result ?? [])
    const timer = setInterval(() => {
      const ids = open()
      if (ids.length > 0) void keepResults(ids).catch(() => {})
    }, keepEvery)
    const close = () => {
      for (const each of current.current.values()) each.close()
    }
    addEventListener('pagehide', close)
    return () => {
      clearInterval(timer)
      removeEventListener('pagehide', close)
    }
  }, [])
}

function useCancelKey(model: RunModel | undefined): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key === '.') model?.cancel()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [model])
}
