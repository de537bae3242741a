#!/usr/bin/env node
/**
 * The command's first file. In the npm package, the text of --help is prepared beside it: people and tools that look whether
 * the command is there need not wait for more than Node.js itself, which takes longer to set up ES modules, and a stream
 * for standard output, than to print. npm links this file in a clone, too, when there is nothing in `dist` yet.
 */
'use strict'
const { readFileSync, writeSync } = require('node:fs')
const { join } = require('node:path')

const [argument, ...more] = process.argv.slice(2)
const asksForHelp = more.length === 0 && (argument === '--help' || argument === '-h' || argument === 'help')
if (!asksForHelp || !printHelp()) import('../dist/main.js')

/** @returns {boolean} false where it has not been prepared, or cannot be written at once */
function printHelp() {
  try {
    const help = readFileSync(join(__dirname, 'help.txt'))
    const written = writeSync(1, help)
    if (written < help.length) process.stdout.write(help.subarray(written))
    return true
  } catch {
    return false
  }
}
