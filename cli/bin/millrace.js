#!/usr/bin/env node
/** The command of a clone: npm links it when it installs, when there is nothing in `dist` yet. */
import '../dist/main.js'
