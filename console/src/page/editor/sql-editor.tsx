/** The editor: one view, with the state of each tab, its history of changes included. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { bracketMatching, indentOnInput } from '@codemirror/language'
import { type Diagnostic, setDiagnostics } from '@codemirror/lint'
import { Compartment, EditorState, Prec } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view'
import { useEffect, useRef } from 'preact/hooks'
import type { CatalogTable } from '../../protocol/messages.js'
import type { Tab } from '../tabs/tabs.js'
import { sqlLanguage } from './completion.js'
import { editorTheme } from './editor-theme.js'
import { type StatementText, statementAt } from './statements.js'

export interface Mark {
  /** Where in the text. */
  readonly place: number
  readonly message: string
}

export interface SqlEditorProps {
  readonly tab: Tab
  readonly tables: readonly CatalogTable[]
  /** What is wrong, where PostgreSQL points. */
  readonly mark: Mark | undefined
  readonly onChange: (text: string) => void
  /** The statement at the cursor has become another one, or its text has. */
  readonly onStatement: (statement: StatementText | undefined) => void
  readonly onRun: (statement: StatementText) => void
}

export function SqlEditor(props: SqlEditorProps) {
  const parent = useRef<HTMLDivElement>(null)
  const editor = useRef<Editor | undefined>(undefined)
  const current = useRef(props)
  current.current = props
  useEffect(() => {
    if (parent.current === null) return undefined
    const made = new Editor(parent.current, current)
    editor.current = made
    return () => made.destroy()
  }, [])
  useEffect(() => editor.current?.show(props.tab), [props.tab.id])
  useEffect(() => editor.current?.setTables(props.tables), [props.tables])
  useEffect(() => editor.current?.mark(props.mark), [props.mark])
  return <div class="editor" ref={parent} />
}

class Editor {
  readonly #view: EditorView
  readonly #props: { readonly current: SqlEditorProps }
  readonly #states = new Map<string, EditorState>()
  readonly #language = new Compartment()
  #shown: string
  #tables: readonly CatalogTable[] = []

  constructor(parent: HTMLElement, props: { readonly current: SqlEditorProps }) {
    this.#props = props
    this.#shown = props.current.tab.id
    this.#view = new EditorView({ parent, state: this.#stateOf(props.current.tab.text) })
    this.#view.focus()
    this.#tell()
  }

  destroy(): void {
    this.#view.destroy()
  }

  /** Shows a tab; its text changes here only, once it is there. */
  show({ id, text }: Tab): void {
    if (id === this.#shown) return
    this.#states.set(this.#shown, this.#view.state)
    this.#shown = id
    this.#view.setState(this.#states.get(id) ?? this.#stateOf(text))
    this.#reconfigure()
    this.#view.focus()
    this.#tell()
  }

  setTables(tables: readonly CatalogTable[]): void {
    this.#tables = tables
    this.#reconfigure()
  }

  mark(mark: Mark | undefined): void {
    const { state } = this.#view
    const diagnostics: Diagnostic[] = []
    if (mark !== undefined && mark.place <= state.doc.length) {
      const from = Math.min(mark.place, Math.max(0, state.doc.length - 1))
      const token = /^(?:[\w$.]+|"[^"]*"|'[^']*'|\S)/.exec(state.sliceDoc(from))?.[0] ?? ''
      const to = Math.min(from + Math.max(1, token.length), state.doc.length)
      diagnostics.push({ from, to, severity: 'error', message: mark.message })
    }
    this.#view.dispatch(setDiagnostics(state, diagnostics))
  }

  #reconfigure(): void {
    this.#view.dispatch({ effects: this.#language.reconfigure(sqlLanguage(this.#tables)) })
  }

  #tell(): void {
    const { state } = this.#view
    this.#props.current.onStatement(statementAt(state, state.selection.main.head))
  }

  #run(): boolean {
    const { state } = this.#view
    const { from, to, head } = state.selection.main
    const chosen = state.sliceDoc(from, to)
    const lead = chosen.length - chosen.trimStart().length
    const selected = { sql: chosen.trim().replace(/[;\s]+$/, ''), from: from + lead }
    const statement = selected.sql === '' ? statementAt(state, head) : selected
    closeCompletion(this.#view)
    if (statement !== undefined) this.#props.current.onRun(statement)
    return true
  }

  #stateOf(text: string): EditorState {
    return EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(keymap.of([{ key: 'Mod-Enter', run: () => this.#run() }])),
        lineNumbers(),
        highlightActiveLineGutter(),
        highlightSpecialChars(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false, maxRenderedOptions: 60 }),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
        // Tab indents; Escape and then Tab leaves the editor.
        keymap.of([indentWithTab]),
        this.#language.of(sqlLanguage(this.#tables)),
        editorTheme,
        placeholder('select … from a table of the catalog'),
        EditorView.lineWrapping,
        EditorView.cspNonce.of(nonce()),
        EditorView.contentAttributes.of({ 'aria-label': 'SQL', spellcheck: 'false', tabindex: '0' }),
        EditorView.updateListener.of(({ docChanged, selectionSet, state }) => {
          if (docChanged) this.#props.current.onChange(state.doc.toString())
          if (docChanged || selectionSet) this.#tell()
        }),
      ],
    })
  }
}

/** The mark by which the page's policy lets the editor add its styles. */
function nonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name=style-nonce]')?.content ?? ''
}
