import { fileURLToPath } from 'node:url'

/**
 * The file of the `millrace` command. In the root of the sources, since the bundled package has all of its code in one
 * folder, with that file in it.
 */
export const programFile = fileURLToPath(new URL('./main.js', import.meta.url))
