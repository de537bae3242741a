/** Where the names of places stand on the map, none over another. */

export interface Dot {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly name: string
}

export interface Label {
  readonly x: number
  readonly y: number
  readonly anchor: 'start' | 'middle' | 'end'
}

interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

const lineHeight = 15
const characterWidth = 6.6
const gap = 5

/** @returns for each dot its label's place, or undefined where there is no room */
export function placeLabels(
  dots: readonly Dot[],
  width: number,
  height: number,
): readonly (Label | undefined)[] {
  const taken: Box[] = dots.map(({ x, y, radius }) => ({
    left: x - radius,
    right: x + radius,
    top: y - radius,
    bottom: y + radius,
  }))
  return dots.map((dot) => {
    for (const { label, box } of candidates(dot)) {
      const isInside = box.left >= 2 && box.right <= width - 2 && box.top >= 2 && box.bottom <= height - 2
      if (!isInside || taken.some((other) => overlaps(box, other))) continue
      taken.push(box)
      return label
    }
    return undefined
  })
}

function candidates({ x, y, radius, name }: Dot): readonly { readonly label: Label; readonly box: Box }[] {
  const width = name.length * characterWidth
  const [top, bottom] = [y - lineHeight / 2, y + lineHeight / 2]
  const [right, left] = [x + radius + gap, x - radius - gap]
  const [above, below] = [y - radius - gap, y + radius + gap + lineHeight]
  return [
    {
      label: { x: right, y: y + 4, anchor: 'start' },
      box: { left: right, right: right + width, top, bottom },
    },
    { label: { x: left, y: y + 4, anchor: 'end' }, box: { left: left - width, right: left, top, bottom } },
    {
      label: { x, y: above - 2, anchor: 'middle' },
      box: { left: x - width / 2, right: x + width / 2, top: above - lineHeight, bottom: above },
    },
    {
      label: { x, y: below - 4, anchor: 'middle' },
      box: { left: x - width / 2, right: x + width / 2, top: below - lineHeight, bottom: below },
    },
  ]
}

function overlaps(one: Box, other: Box): boolean {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
}
