/**
 * The example of a plugin as the beginning of another: its files are those of `examples/plugin`, which is built and tested,
 * with other names in them.
 */
import { z } from 'zod'
import { packagePrefix } from '../plugins/plugin-modules.js'

/** What a new plugin is called, in each way of writing it. */
export interface PluginNames {
  /** As connections name it. */
  readonly name: string
  /** As it is written in SQL without quotes. */
  readonly schema: string
  readonly packageName: string
  readonly tableName: string
}

/** Words in small letters, such as `acme` or `acme-billing`. */
export const pluginName = /^[a-z][a-z0-9]*(?:[-_][a-z][a-z0-9]*)*$/

/** @param name as {@link pluginName} has it */
export function namesOf(name: string): PluginNames {
  const schema = name.replaceAll('-', '_')
  return { name, schema, packageName: `${packagePrefix}${name}`, tableName: `${schema}_package` }
}

/** A text of the example, or the name of a file, with the new plugin's names. What the API is called stays. */
export function renamed(text: string, { name, packageName, tableName }: PluginNames): string {
  const pascal = name.replace(/(?:^|[-_])([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const camel = pascal.charAt(0).toLowerCase() + pascal.slice(1)
  return text
    .replaceAll('millrace-plugin-npm', packageName)
    .replaceAll('npm_package', tableName)
    .replaceAll('npm-package', `${name}-package`)
    .replace(/\bNpm(?=[A-Z])/g, pascal)
    .replace(/\bnpm(?=[A-Z])/g, camel)
    .replace(/(['"])npm\1/g, `$1${name}$1`)
}

/** Links that lead out of the example lead nowhere in a copy. */
export function withoutOutwardLinks(markdown: string): string {
  return markdown.replace(/\[([^\]]+)\]\(\.\.\/\.\.\/([^)]+)\)/g, "$1 (`$2` in Millrace's repository)")
}

const manifestShape = z.looseObject({ dependencies: z.record(z.string(), z.string()) })

/**
 * The manifest of the example as that of a plugin outside the workspace.
 * @param sdk where npm finds the SDK, from the plugin's folder. It is packed with the plugin: nobody else could install that
 *   from there.
 */
export function manifestOf(text: string, names: PluginNames, sdk: string): string {
  const { dependencies, ...manifest } = manifestShape.parse(JSON.parse(text))
  const changed = {
    ...manifest,
    name: names.packageName,
    description: `Tables of ${names.name} for Millrace`,
    exports: { '.': './dist/plugin.js' },
    bundleDependencies: [sdkName],
    dependencies: { ...dependencies, [sdkName]: sdk },
  }
  return `${JSON.stringify(changed, undefined, 2)}\n`
}

const sdkName = '@millrace/plugin-sdk'
