/**
 * Scripts that teach a shell to complete the command line. They hold all they need: nothing is run when Tab is pressed,
 * and nothing that has been typed is evaluated, which may be SQL with any characters.
 */
import { allCommands, type CommandNode, wordsBehind } from './command-tree.js'

export const shells = ['bash', 'zsh', 'fish'] as const

export type Shell = (typeof shells)[number]

export function completionScript(shell: Shell, root: CommandNode): string {
  return { bash, zsh, fish }[shell](root)
}

/** https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html */
function bash(root: CommandNode): string {
  return `# bash completion for millrace: eval "$(millrace completion bash)"
_millrace() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command='' words='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command \${COMP_WORDS[i]}" in
      ${commandPattern(root)}) command="$command \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$command $previous" in
${valueCases(root, (choices) => `words='${choices.join(' ')}'`, 'return')}
    *)
      case "$command" in
${wordCases(root, (node) => `words='${wordsBehind(node).join(' ')}'`)}
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
# Where there is nothing to choose from, there are files.
complete -o default -F _millrace millrace
`
}

/** https://zsh.sourceforge.io/Doc/Release/Completion-Widgets.html */
function zsh(root: CommandNode): string {
  return `#compdef millrace
# zsh completion for millrace: eval "$(millrace completion zsh)", behind compinit
_millrace() {
  local command='' i
  for ((i = 2; i < CURRENT; i++)); do
    case "$command \${words[i]}" in
      ${commandPattern(root)}) command="$command \${words[i]}" ;;
    esac
  done
  case "$command \${words[CURRENT-1]}" in
${valueCases(root, (choices) => `compadd -- ${choices.join(' ')}; return`, '_files; return')}
  esac
  case "$command" in
${wordCases(root, (node) => `compadd -- ${wordsBehind(node).join(' ')}${node.takesArguments ? '; _files' : ''}`)}
  esac
}
compdef _millrace millrace
`
}

/** https://fishshell.com/docs/current/cmds/complete.html */
function fish(root: CommandNode): string {
  const lines = allCommands(root).flatMap((node) => {
    const condition = `-n '${fishCondition(node)}'`
    const head = `complete -c millrace ${condition}`
    return [
      ...node.commands.map(
        ({ path, description }) => `${head} -f -a ${path.at(-1)} -d ${quoted(description)}`,
      ),
      ...(node.choices.length > 0 ? [`${head} -f -a '${node.choices.join(' ')}'`] : []),
      ...node.options.map(({ names, description, takesValue, choices }) => {
        const flags = names.map((name) =>
          name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
        )
        const value = choices.length > 0 ? ` -x -a '${choices.join(' ')}'` : takesValue ? ' -r' : ''
        return `${head} ${flags.join(' ')}${value} -d ${quoted(description)}`
      }),
    ]
  })
  return `# fish completion for millrace: millrace completion fish | source\n${lines.join('\n')}\n`
}

function fishCondition({ path, commands }: CommandNode): string {
  const names = commands.map((each) => each.path.at(-1))
  const within = path.map((word) => `__fish_seen_subcommand_from ${word}`)
  const notBelow = names.length > 0 ? [`not __fish_seen_subcommand_from ${names.join(' ')}`] : []
  return [...within, ...notBelow].join('; and ')
}

/** Words that choose a command, each behind those that have been chosen before it. */
function commandPattern(root: CommandNode): string {
  return allCommands(root)
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => `' ${path.join(' ')}'`)
    .join('|')
}

/** @param otherwise for an option whose values are not known */
function valueCases(
  root: CommandNode,
  action: (choices: readonly string[]) => string,
  otherwise: string,
): string {
  const cases = allCommands(root).flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(({ names, choices }) => {
        const patterns = names.map((name) => `'${[...path, name].map((word) => ` ${word}`).join('')}'`)
        return `    ${patterns.join('|')}) ${choices.length > 0 ? action(choices) : otherwise} ;;`
      }),
  )
  return cases.join('\n')
}

function wordCases(root: CommandNode, action: (node: CommandNode) => string): string {
  return allCommands(root)
    .map((node) => `        '${node.path.map((word) => ` ${word}`).join('')}') ${action(node)} ;;`)
    .join('\n')
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
