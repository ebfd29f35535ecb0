/** Pixels of a saved PNG for one of the page. */
const DENSITY = 2

function hand(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob)
  Object.assign(document.createElement('a'), { href: address, download: name }).click()
  // The browser has taken the file by the next turn.
  setTimeout(() => URL.revokeObjectURL(address))
}

export const saveSvg = (svg: string, name: string): void =>
  hand(new Blob([svg], { type: 'image/svg+xml' }), `${name}.svg`)

/** The same picture in pixels, two for one of the page. */
export async function savePng(svg: string, name: string): Promise<void> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = image.width * DENSITY
  canvas.height = image.height * DENSITY
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  const blob = await new Promise<Blob | null>(resolve => canvas.toBlob(resolve, 'image/png'))
  if (blob) hand(blob, `${name}.png`)
}
