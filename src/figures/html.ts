import type { Grid } from '../words/grid.ts'
import { SPEC_ID, specText } from './embed.ts'
import { escapeXml, label } from './svg.ts'

/**
 * A page that shows a figure of `gridFigure` and holds its specs as data. Its own policy forbids scripts, pictures and
 * anything from elsewhere; `<` in the data is written as an escape of JSON, so that no text in it ends the element.
 */
export function figurePage(svg: string, grids: readonly Grid[]): string {
  const data = specText(grids.map(g => g.spec)).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeXml(label(grids.map(g => g.metric).join('; ')))}</title>
<style>body { margin: 0 } svg { max-width: 100%; height: auto }</style>
</head>
<body>
${svg}<script type="application/json" id="${SPEC_ID}-data">${data}</script>
</body>
</html>
`
}
