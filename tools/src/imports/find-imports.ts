/** What a TypeScript file imports, in whichever way it is written. */
import { parseSync } from 'vite'

export interface FoundImport {
  /** As it stands between the quotes. */
  readonly specifier: string
  /** 1-based. */
  readonly line: number
}

/** What is looked at in a file. */
export interface FileContent {
  readonly imports: readonly FoundImport[]
  /** Every other string, and the fixed parts of templates. */
  readonly strings: readonly FoundImport[]
}

/**
 * Finds static and dynamic imports, re-exports, `import type`, `import('…').Type` and `import x = require('…')`.
 * A dynamic import of what is not a string cannot be followed.
 * @param path tells by its ending how the text is to be read
 * @throws Error when the text does not parse
 */
export function readFileContent(path: string, text: string): FileContent {
  const { program, errors } = parseSync(path, text)
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  const imports: FoundImport[] = []
  const strings: FoundImport[] = []
  const sources = new Set<unknown>()
  visit(program, (node) => {
    const source = sourceOf(node)
    if (source !== undefined) sources.add(source)
    const string = stringOf(node)
    if (string === undefined) return
    const list = sources.has(node) ? imports : strings
    list.push({ specifier: string, line: lineAt(text, Number(node.start)) })
  })
  return { imports, strings }
}

type SyntaxNode = Readonly<Record<string, unknown>>

/** Calls back for every node, parents first. */
function visit(value: unknown, onNode: (node: SyntaxNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, onNode)
  } else if (isObject(value)) {
    if (typeof value.type === 'string') onNode(value)
    for (const child of Object.values(value)) visit(child, onNode)
  }
}

/** The part of a node that names a module; the names of nodes are those of ESTree and typescript-estree. */
function sourceOf(node: SyntaxNode): unknown {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return node.source
    case 'TSExternalModuleReference':
      return node.expression
    default:
      return undefined
  }
}

function stringOf(node: SyntaxNode): string | undefined {
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value
  if (node.type !== 'TemplateElement' || !isObject(node.value)) return undefined
  return typeof node.value.cooked === 'string' ? node.value.cooked : undefined
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

function isObject(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null
}
