import { exists, type Head, parseHead, type Shape } from './head.ts'

/** What the finder was asked for: a head by its name, scores in a range, or so many heads of the largest scores. */
export type Found =
  | { readonly kind: 'head'; readonly head: Head }
  | { readonly kind: 'range'; readonly range: readonly [number, number] }
  | { readonly kind: 'top'; readonly top: number }
  | { readonly kind: 'nothing'; readonly why: string }

const NUMBER = String.raw`([-−]?\d*\.?\d+)`
const BOUND = new RegExp(`^(>|<|>=|<=|≥|≤)${NUMBER}$`)
const BETWEEN = new RegExp(`^${NUMBER}(?:\\.\\.|–|to)${NUMBER}$`)
const TOP = /^top([1-9]\d{0,4})$/i
const number = (text: string): number => Number(text.replace('−', '-'))

/** Understands `6.5`, `> 0.5`, `< −0.1`, `0.2 to 0.8`, `top 8`. Scores have no least and no largest of their own here. */
export function find(text: string, shape: Shape): Found {
  const plain = text.replace(/\s+/g, '')
  const head = parseHead(plain)
  if (head && exists(head, shape)) return { kind: 'head', head }
  if (head)
    return {
      kind: 'nothing',
      why: `There is no head ${plain}: layers go from 0 to ${shape.layers - 1}, heads from 0 to ${shape.heads - 1}.`,
    }
  const [, sign, bound] = BOUND.exec(plain) ?? []
  if (sign !== undefined && bound !== undefined) {
    const at = number(bound)
    return { kind: 'range', range: /[>≥]/.test(sign) ? [at, Math.max(at, MOST)] : [Math.min(at, -MOST), at] }
  }
  const [, low, high] = BETWEEN.exec(plain) ?? []
  if (low !== undefined && high !== undefined && number(low) <= number(high))
    return { kind: 'range', range: [number(low), number(high)] }
  const top = TOP.exec(plain)?.[1]
  if (top !== undefined) return { kind: 'top', top: Number(top) }
  return { kind: 'nothing', why: 'Write a head such as 6.5, scores such as > 0.5 or 0.2 to 0.8, or top 8.' }
}

/** Stands for "however much". */
export const MOST = 1e6
