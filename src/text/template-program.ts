/** The longest a template may run, in milliseconds, starting the process included. */
export const TEMPLATE_LIMIT_MS = 3000
/** Nodes of the template that may be evaluated. */
const TEMPLATE_STEPS = 1_000_000
/** Characters that a template may write beyond the messages. */
export const TEMPLATE_OUTPUT = 2 ** 20
/** Memory of the process that runs it, in MiB. */
export const TEMPLATE_MEMORY = 192
const RANGE = 100_000

/**
 * The program of the process that renders a chat template: CommonJS, as text, because it runs apart from this package's
 * build. It reads one JSON request `{template, variants, limit}` from stdin, where `limit` is the characters allowed, and
 * writes `{texts}` or `{error, kind}`. Its interpreter counts steps and sizes; the parent holds the clock and the kill.
 * Globals are those of transformers: raise_exception, strftime_now, range (bounded), namespace and tojson (the library's).
 */
export const TEMPLATE_PROGRAM = `'use strict'
const { Environment, Interpreter, tokenize, parse } = require(process.argv[1])
class Limit extends Error {}
class Raised extends Error {}
let limit = 0
let steps = 0
const big = n => { if (n > limit) throw new Limit('writes more than ' + limit + ' characters') }
// These build a text as long as a product of what they are given; the product is judged before they run.
const growing = new Set(['indent', 'join', 'replace', 'tojson', 'center'])
const nameOf = e => (e && e.type === 'CallExpression' ? e.callee.value : e && e.value)
const sizeOf = v => (v.type === 'IntegerValue' ? Math.abs(v.value) : v.value && v.value.length) || 0
class Counted extends Interpreter {
  judge(operand, args, scope) {
    const size = args.map(a => sizeOf(this.evaluate(a.type === 'KeywordArgumentExpression' ? a.value : a, scope)))
    big((sizeOf(this.evaluate(operand, scope)) + 1) * Math.max(0, ...size) / 64)
  }
  evaluate(node, scope) {
    if (++steps > ${TEMPLATE_STEPS}) throw new Limit('takes more than ${TEMPLATE_STEPS} steps')
    if (node && node.type === 'FilterExpression' && growing.has(nameOf(node.filter)))
      this.judge(node.operand, node.filter.args || [], scope)
    if (node && node.type === 'CallExpression' && node.callee.type === 'MemberExpression' && growing.has(node.callee.property.value))
      this.judge(node.callee.object, node.args, scope)
    const value = super.evaluate(node, scope)
    if (value.type === 'StringValue') big(value.value.length)
    if (value.type === 'ArrayValue' && value.value.length > ${RANGE}) throw new Limit('makes a list of more than ${RANGE} items')
    return value
  }
}
const range = (start, stop, step = 1) => {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  const count = Math.ceil((to - from) / step)
  if (!Number.isInteger(step) || step === 0) throw new Error('range() takes whole numbers')
  if (count > ${RANGE}) throw new Limit('makes a range of more than ${RANGE} items')
  return Array.from({ length: Math.max(0, count) }, (_, i) => from + i * step)
}
const months = 'January February March April May June July August September October November December'.split(' ')
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')
const strftime = format => {
  const d = new Date()
  const two = n => String(n).padStart(2, '0')
  const parts = {
    Y: () => String(d.getFullYear()), y: () => two(d.getFullYear() % 100), m: () => two(d.getMonth() + 1),
    d: () => two(d.getDate()), H: () => two(d.getHours()), I: () => two(d.getHours() % 12 || 12), M: () => two(d.getMinutes()),
    S: () => two(d.getSeconds()), p: () => (d.getHours() < 12 ? 'AM' : 'PM'), B: () => months[d.getMonth()],
    b: () => months[d.getMonth()].slice(0, 3), A: () => days[d.getDay()], a: () => days[d.getDay()].slice(0, 3), '%': () => '%',
  }
  return String(format).replace(/%(.)/g, (all, c) => {
    if (!Object.hasOwn(parts, c)) throw new Error('strftime_now does not know ' + all)
    return parts[c]()
  })
}
const render = (program, variables) => {
  const scope = new Environment()
  for (const [name, value] of [['true', true], ['True', true], ['false', false], ['False', false], ['none', null], ['None', null]])
    scope.set(name, value)
  scope.set('raise_exception', text => { throw new Raised(String(text).slice(0, 400)) })
  scope.set('range', range)
  scope.set('strftime_now', strftime)
  for (const [name, value] of Object.entries(variables)) scope.set(name, value)
  const text = new Counted(scope).run(program).value
  big(text.length)
  return text
}
let input = ''
process.stdin.setEncoding('utf8').on('data', chunk => { input += chunk }).on('end', () => {
  let answer
  try {
    const request = JSON.parse(input)
    limit = request.limit
    const program = parse(tokenize(request.template, { lstrip_blocks: true, trim_blocks: true }))
    answer = { texts: request.variants.map(v => { steps = 0; return render(program, v) }) }
  } catch (e) {
    const kind = e instanceof Raised ? 'raised' : e instanceof Limit ? 'limit' : 'failed'
    // The library's own slips: a stack that is full, and a block that never ends.
    if (e instanceof RangeError) answer = { kind: 'limit', error: 'nests too deeply or makes a text that is too long' }
    else answer = { kind, error: e instanceof TypeError ? 'it is cut short or not well formed' : String(e && e.message).slice(0, 400) }
  }
  process.stdout.write(JSON.stringify(answer))
})`
