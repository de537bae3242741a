/** The tabs of the editor. */
import { type Tab, type Tabs, tabName } from './tabs.js'

export interface TabBarProps {
  readonly tabs: Tabs
  readonly running: ReadonlySet<string>
  readonly onChoose: (id: string) => void
  readonly onClose: (id: string) => void
  readonly onNew: () => void
}

export function TabBar({ tabs, running, onChoose, onClose, onNew }: TabBarProps) {
  return (
    <div class="tab-bar">
      <div role="tablist" aria-label="Statements" class="tabs">
        {tabs.tabs.map((tab) => (
          <TabHandle
            key={tab.id}
            tab={tab}
            isActive={tab.id === tabs.active}
            isRunning={running.has(tab.id)}
            onChoose={() => onChoose(tab.id)}
          />
        ))}
      </div>
      <button
        type="button"
        class="plain"
        aria-label="Close this tab"
        title="Close this tab"
        onClick={() => onClose(tabs.active)}
      >
        ×
      </button>
      <button type="button" class="plain" aria-label="New tab" title="New tab" onClick={onNew}>
        +
      </button>
    </div>
  )
}

interface TabHandleProps {
  readonly tab: Tab
  readonly isActive: boolean
  readonly isRunning: boolean
  readonly onChoose: () => void
}

function TabHandle({ tab, isActive, isRunning, onChoose }: TabHandleProps) {
  return (
    <button
      type="button"
      role="tab"
      aria-selected={isActive}
      aria-controls="statement"
      tabIndex={isActive ? 0 : -1}
      onClick={onChoose}
      onKeyDown={(event) => {
        const next = event.key === 'ArrowRight' ? 'nextElementSibling' : 'previousElementSibling'
        if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return
        const target = event.currentTarget[next]
        if (!(target instanceof HTMLElement)) return
        target.click()
        target.focus()
      }}
    >
      {isRunning && <span class="running-dot" aria-label="running" role="img" />}
      {tabName(tab)}
    </button>
  )
}
