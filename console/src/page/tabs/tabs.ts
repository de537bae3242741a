/** The tabs with their statements, kept in the browser over a reload. */

export interface Tab {
  readonly id: string
  /** Given by the person; undefined for a name from the statement. */
  readonly title: string | undefined
  readonly text: string
}

export interface Tabs {
  readonly tabs: readonly Tab[]
  readonly active: string
}

const key = 'millrace.tabs'

export function newTab(text = '', title?: string): Tab {
  return { id: crypto.randomUUID(), title, text }
}

export function loadTabs(firstText: string): Tabs {
  const stored = parsed(localStorage.getItem(key))
  const first = stored?.tabs[0]
  if (stored !== undefined && first !== undefined) {
    const active = stored.tabs.some(({ id }) => id === stored.active) ? stored.active : first.id
    return { tabs: stored.tabs, active }
  }
  const tab = newTab(firstText)
  return { tabs: [tab], active: tab.id }
}

export function saveTabs(tabs: Tabs): void {
  try {
    localStorage.setItem(key, JSON.stringify(tabs))
  } catch {
    // Where the browser keeps nothing, the tabs last as long as the page.
  }
}

/** Whatever stands there may be of another version. */
function parsed(text: string | null): Tabs | undefined {
  try {
    const { tabs, active } = JSON.parse(text ?? '')
    if (!Array.isArray(tabs) || typeof active !== 'string') return undefined
    const known = tabs.flatMap((tab: Partial<Tab> | null): Tab[] => {
      if (typeof tab?.id !== 'string' || typeof tab.text !== 'string') return []
      return [{ id: tab.id, text: tab.text, title: typeof tab.title === 'string' ? tab.title : undefined }]
    })
    return { tabs: known, active }
  } catch {
    return undefined
  }
}

/** What a tab is called: its title, or what its statement reads. */
export function tabName({ title, text }: Pick<Tab, 'title' | 'text'>): string {
  if (title !== undefined) return title
  const table = /\b(?:from|join)\s+([\w."]+)/i.exec(text.replace(/--[^\n]*/g, ''))?.[1]
  if (table !== undefined) return table.replaceAll('"', '').split('.').pop() ?? table
  const line = text
    .split('\n')
    .map((one) => one.trim())
    .find((one) => one !== '')
  return line === undefined ? 'New statement' : line.slice(0, 32)
}
