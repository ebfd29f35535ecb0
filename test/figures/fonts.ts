import { Resvg } from '@resvg/resvg-js'

/** Whether this machine has a font; without one there are no PNG figures. */
export const fonts =
  new Resvg('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="8">0</text></svg>').innerBBox() !==
  undefined
