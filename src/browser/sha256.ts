/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const K = new Uint32Array(64)
/** The same of the square roots of the first 8 primes (5.3.3). */
const START = new Uint32Array(8)

for (let n = 2, found = 0; found < 64; n++) {
  let prime = true
  for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false
  if (!prime) continue
  const [square, cube] = [Math.sqrt(n), Math.cbrt(n)]
  if (found < 8) START[found] = (square % 1) * 2 ** 32
  K[found++] = (cube % 1) * 2 ** 32
}

const turn = (x: number, n: number): number => (x >>> n) | (x << (32 - n))

/** One block of 64 bytes (6.2.2). */
function digestBlock(state: Uint32Array, w: Uint32Array, block: DataView, at: number): void {
  for (let t = 0; t < 16; t++) w[t] = block.getUint32(at + 4 * t)
  for (let t = 16; t < 64; t++) {
    const [x, y] = [w[t - 15]!, w[t - 2]!]
    const s0 = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)
    const s1 = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10)
    w[t] = w[t - 16]! + s0 + w[t - 7]! + s1
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let t = 0; t < 64; t++) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
    const one = (h + s1 + ((e & f) ^ (~e & g)) + K[t]! + w[t]!) | 0
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0]
  }
  for (const [i, x] of [a, b, c, d, e, f, g, h].entries()) state[i] = state[i]! + x
}

const BLOCK = 64

/**
 * SHA-256 (FIPS 180-4) of bytes, hex. The browser's own works asynchronously and only on pages that came over HTTPS or
 * from this machine; hashes of specs are made in the middle of synchronous work.
 */
export function sha256Of(bytes: Uint8Array): string {
  const state = START.slice()
  const schedule = new Uint32Array(64)
  const whole = bytes.length - (bytes.length % BLOCK)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < whole; at += BLOCK) digestBlock(state, schedule, view, at)
  // What is left, a set bit, zeros, and the length in bits (5.1.1).
  const rest = bytes.length - whole
  const end = new Uint8Array(rest + 9 > BLOCK ? 2 * BLOCK : BLOCK)
  end.set(bytes.subarray(whole))
  end[rest] = 0x80
  const tail = new DataView(end.buffer)
  tail.setBigUint64(end.length - 8, 8n * BigInt(bytes.length))
  for (let at = 0; at < end.length; at += BLOCK) digestBlock(state, schedule, tail, at)
  return [...state].map(x => x.toString(16).padStart(8, '0')).join('')
}
