/** Begins the page. */
import '@fontsource/ibm-plex-sans/latin-400.css'
import '@fontsource/ibm-plex-sans/latin-500.css'
import '@fontsource/ibm-plex-sans/latin-600.css'
import '@fontsource/ibm-plex-mono/latin-400.css'
import '@fontsource/ibm-plex-mono/latin-500.css'
import './style/tokens.css'
import './style/base.css'
import './style/frame.css'
import './style/side.css'
import './style/ask.css'
import './style/result.css'
import './style/pictures.css'
import { render } from 'preact'
import { App } from './app.js'
import { currentTheme, showTheme } from './style/theme.js'

showTheme(currentTheme())
const place = document.getElementById('app')
if (place !== null) render(<App />, place)
