/** Choosing a range of time with the pointer, across a chart. */

export interface TimeRange {
  readonly from: Date
  readonly to: Date
}

/** Less than that is a click, in pixels. */
const least = 6

/**
 * Shows what is chosen while the pointer is down.
 * @param place holds the picture at its left edge
 * @param signal ends it
 */
export function chooseTimes(
  place: HTMLElement,
  timeAt: (x: number) => Date | undefined,
  onRange: (range: TimeRange) => void,
  signal: AbortSignal,
): void {
  // Plot takes the pointer for its own, and leaves nothing to those behind it.
  const options = { signal, capture: true }
  const shown = document.createElement('div')
  shown.className = 'chart-range'
  let begun: number | undefined
  const placeOf = (event: PointerEvent) => event.clientX - place.getBoundingClientRect().left
  const range = (event: PointerEvent) => {
    const [one, other] = [begun ?? 0, placeOf(event)]
    return { left: Math.min(one, other), width: Math.abs(one - other) }
  }
  const end = () => {
    begun = undefined
    shown.remove()
  }
  place.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return
      begun = placeOf(event)
      shown.style.width = '0'
      place.append(shown)
      place.setPointerCapture(event.pointerId)
    },
    options,
  )
  place.addEventListener(
    'pointermove',
    (event) => {
      if (begun === undefined) return
      const { left, width } = range(event)
      shown.style.left = `${left}px`
      shown.style.width = `${width}px`
    },
    options,
  )
  place.addEventListener(
    'pointerup',
    (event) => {
      if (begun === undefined) return
      const { left, width } = range(event)
      end()
      const [from, to] = [timeAt(left), timeAt(left + width)]
      if (width >= least && from !== undefined && to !== undefined) onRange({ from, to })
    },
    options,
  )
  place.addEventListener('pointercancel', end, options)
}
