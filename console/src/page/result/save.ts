/** Results, and pictures of them, as files. */
import type { Column, DownloadFormat } from '../../protocol/messages.js'
import { fileAddress, makeFile } from '../api/requests.js'
import type { RowStore } from '../run/row-store.js'

export async function saveResult(
  format: DownloadFormat,
  columns: readonly Column[],
  rows: RowStore,
): Promise<void> {
  const name = `result.${format}`
  if (rows.result !== undefined) follow(fileAddress(rows.result, format), name)
  else saveBlob(await makeFile(format, columns, rows.first), name)
}

function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  follow(address, name)
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

function follow(address: string, name: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
}

const svgNamespace = 'http://www.w3.org/2000/svg'

/** What the page's styles say of the parts of a picture. */
const properties = [
  'fill',
  'fill-opacity',
  'font-family',
  'font-size',
  'font-weight',
  'opacity',
  'paint-order',
  'stroke',
  'stroke-linejoin',
  'stroke-opacity',
  'stroke-width',
  'vector-effect',
]

/** A picture as it is seen, with the page's colours written into it. */
function standalone(svg: SVGSVGElement): {
  readonly text: string
  readonly width: number
  readonly height: number
} {
  const { width, height } = svg.getBoundingClientRect()
  const copy = svg.cloneNode(true) as SVGSVGElement
  const [from, to] = [svg.querySelectorAll('*'), copy.querySelectorAll('*')]
  from.forEach((element, index) => {
    const style = getComputedStyle(element)
    for (const name of properties) to[index]?.setAttribute(name, style.getPropertyValue(name))
  })
  copy.setAttribute('xmlns', svgNamespace)
  copy.setAttribute('width', String(width))
  copy.setAttribute('height', String(height))
  const ground = document.createElementNS(svgNamespace, 'rect')
  ground.setAttribute('width', '100%')
  ground.setAttribute('height', '100%')
  ground.setAttribute('fill', groundBehind(svg))
  copy.prepend(ground)
  return { text: new XMLSerializer().serializeToString(copy), width, height }
}

/** The colour that a picture stands on. */
function groundBehind(element: Element): string {
  const { backgroundColor } = getComputedStyle(element)
  if (backgroundColor !== 'rgba(0, 0, 0, 0)' || element.parentElement === null) return backgroundColor
  return groundBehind(element.parentElement)
}

export function saveSvg(svg: SVGSVGElement, name: string): void {
  saveBlob(new Blob([standalone(svg).text], { type: 'image/svg+xml' }), `${name}.svg`)
}

export async function savePng(svg: SVGSVGElement, name: string): Promise<void> {
  const { text, width, height } = standalone(svg)
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = width * 2
  canvas.height = height * 2
  const context = canvas.getContext('2d')
  context?.scale(2, 2)
  context?.drawImage(image, 0, 0, width, height)
  canvas.toBlob((blob) => {
    if (blob !== null) saveBlob(blob, `${name}.png`)
  })
}
