/** Begins the page. */
import './style/fonts.css'
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
