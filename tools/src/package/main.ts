/** `npm run package`: makes the packages as they are published, in folders of `build` and packed. */
import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { writeBundle } from './bundle.js'
import { noticesOf } from './notices.js'
import { writePage } from './page.js'
import { type Manifest, manifestOf, readManifests, type WorkspaceManifests } from './workspace-manifests.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const build = join(root, 'build')
/** The command's first file, in its workspace and in its package. */
const program = join('bin', 'millrace.cjs')

await rm(build, { recursive: true, force: true })
const manifests = await readManifests(root)
const sdk = await makeSdk(manifests)
const packages = [await makeMillrace(manifests, sdk), sdk]
for (const folder of packages) {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', build], {
    cwd: folder,
  })
  process.stdout.write(`${relative(root, join(build, stdout.trim()))}\n`)
}

/**
 * The command with everything of Millrace in it, and what `millrace plugin new` writes.
 * @param sdk the folder of its package
 */
async function makeMillrace(manifests: WorkspaceManifests, sdk: string): Promise<string> {
  const folder = await newFolder('millrace', 'cli')
  const { imported, bundledFiles } = await writeBundle(root, join(folder, 'dist'))
  const pageFiles = await writePage(root, join(folder, 'console-page'))
  await writeFile(join(folder, 'THIRD-PARTY-NOTICES'), await noticesOf([...bundledFiles, ...pageFiles]))
  await mkdir(join(folder, 'bin'))
  await cp(join(root, 'cli', program), join(folder, program))
  await writeFile(join(folder, 'bin', 'help.txt'), await helpOf(join(folder, program)))
  await mkdir(join(folder, 'article'))
  const article = join(root, 'examples', 'article')
  for (const file of (await readdir(article)).filter((name) => name.endsWith('.sql'))) {
    await cp(join(article, file), join(folder, 'article', file))
  }
  await cp(sdk, join(folder, 'plugin-sdk'), { recursive: true })
  await mkdir(join(folder, 'plugin-template'))
  for (const part of ['README.md', 'package.json', 'src', 'tsconfig.json']) {
    await cp(join(root, 'examples', 'plugin', part), join(folder, 'plugin-template', part), {
      recursive: true,
    })
  }
  await writeManifest(folder, manifestOf(manifests, 'millrace'), {
    keywords: ['postgres', 'sql', 'aws', 'cloud', 'api', 'steampipe'],
    bin: { millrace: program },
    exports: { './package.json': './package.json' },
    imports: {
      '#article/*.sql': './article/*.sql',
      '#console-page/index.html': './console-page/index.html',
      '#plugin-sdk/package.json': './plugin-sdk/package.json',
      '#plugin-template/package.json': './plugin-template/package.json',
    },
    files: ['article', 'bin', 'console-page', 'dist', 'plugin-sdk', 'plugin-template', 'THIRD-PARTY-NOTICES'],
    dependencies: Object.fromEntries(imported.map((name) => [name, versionOf(name, manifests)])),
  })
  return folder
}

/** What the command prints for --help. */
async function helpOf(path: string): Promise<string> {
  // Nothing of this environment is to stand in it.
  const { stdout } = await promisify(execFile)(process.execPath, [path, '--help'], { env: {} })
  return stdout
}

/** What plugins of others are written with. */
async function makeSdk(manifests: WorkspaceManifests): Promise<string> {
  const folder = await newFolder('plugin-sdk', join('plugins', 'sdk'))
  await cp(join(root, 'plugins', 'sdk', 'dist'), join(folder, 'dist'), {
    recursive: true,
    filter: (path) => !path.endsWith('.map'),
  })
  const manifest = manifestOf(manifests, '@millrace/plugin-sdk')
  await writeManifest(folder, manifest, {
    keywords: ['millrace', 'plugin'],
    exports: {
      '.': './dist/index.js',
      './conformance': './dist/conformance.js',
      './testing': './dist/testing.js',
      './package.json': './package.json',
    },
    files: ['dist'],
    dependencies: manifest.dependencies,
  })
  return folder
}

async function newFolder(name: string, workspace: string): Promise<string> {
  const folder = join(build, name)
  await mkdir(folder, { recursive: true })
  await cp(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  await cp(join(root, workspace, 'README.md'), join(folder, 'README.md'))
  return folder
}

/** What the workspace's manifest says for everybody, and what the package is made of. */
function writeManifest(
  folder: string,
  { name, version, description, license, engines }: Manifest,
  parts: Record<string, unknown>,
): Promise<void> {
  const manifest = { name, version, description, license, type: 'module', engines, ...parts }
  return writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)
}

function versionOf(name: string, { versions }: WorkspaceManifests): string {
  const version = versions.get(name)
  if (version === undefined) throw new Error(`the bundle imports ${name}, which no workspace declares`)
  return version
}
