/** Commands that only have others below them, such as `millrace user`. */
import type { Command } from 'commander'
import { UserError } from './user-error.js'

/**
 * Adds one to the program, which by itself is a mistake.
 * @param description what it is about; the names of its commands follow
 * @param names of the commands that will be added to it, as errors list them
 */
export function addCommandGroup(
  program: Command,
  name: string,
  description: string,
  names: readonly string[],
): Command {
  const group = program
    .command(name)
    .description(`${description}: ${names.join(', ')}`)
    .allowExcessArguments()
    .action(() => {
      const [unknown] = group.args
      const choice = [names.slice(0, -1).join(', '), ...names.slice(-1)].join(' or ')
      const fault =
        unknown === undefined ? `${name} takes ${choice}` : `there is no command "${name} ${unknown}"`
      throw new UserError(`${fault}; see millrace ${name} --help`, 2)
    })
  return group
}
