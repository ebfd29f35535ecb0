// Runs the test projects one after the other, each within its budget, and closes with one line of totals:
// `N passed, N failed, N skipped`. Exit code 1 when anything failed, also a file that could not be read, an unhandled
// error, or a project that hung.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Minutes that each project should take on two idle cores. One that takes three times as long hangs, and is ended. */
const BUDGETS = { unit: 3, properties: 4, models: 5, browser: 5 }
const PATIENCE = 3

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const reports = mkdtempSync(join(tmpdir(), 'headwise-tests-'))

/** What vitest's JSON report holds, or undefined where it never came to write one. */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function runProject(name) {
  const report = join(reports, `${name}.json`)
  const minutes = BUDGETS[name]
  console.log(`\n── ${name} (budget ${minutes} min)`)
  const started = Date.now()
  const { status } = spawnSync(
    process.execPath,
    [vitest, 'run', '--project', name, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], timeout: minutes * PATIENCE * 60_000, killSignal: 'SIGKILL' },
  )
  const taken = (Date.now() - started) / 60_000
  if (status === null) console.log(`${name} was ended after ${taken.toFixed(1)} minutes: something in it hangs.`)
  else if (taken > minutes) console.log(`${name} took ${taken.toFixed(1)} minutes; its budget is ${minutes}.`)
  return { status, report: readReport(report) }
}

/** Passed, failed and skipped tests; what failed without being a test (a file, an unhandled error) counts as one. */
function totals({ status, report }) {
  const passed = report?.numPassedTests ?? 0
  const tests = report?.numFailedTests ?? 0
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0)
  const files = (report?.testResults ?? []).filter(
    f => f.status === 'failed' && !f.assertionResults.some(a => a.status === 'failed'),
  ).length
  const failed = tests + files
  return { passed, failed: failed === 0 && status !== 0 ? 1 : failed, skipped }
}

/** Why a test was skipped: what its own titles say, else what its file needs. */
function reasonOf(file, titles) {
  const told = titles.find(t => t.startsWith('skipped:'))
  if (told) return told.replace(/^skipped: */, '')
  const needs = file.endsWith('.models.test.ts') && !existsSync(join(root, '../shared'))
  return needs ? 'needs large checkpoints in ../shared, which is not there' : titles.join(' > ')
}

/** Skipped tests by file and reason. */
function whySkipped(report) {
  const counts = new Map()
  for (const { name, assertionResults } of report?.testResults ?? [])
    for (const { status, ancestorTitles, title } of assertionResults) {
      if (!['skipped', 'pending', 'todo'].includes(status)) continue
      const line = `${relative(root, name)}: ${reasonOf(name, [...ancestorTitles, title])}`
      counts.set(line, (counts.get(line) ?? 0) + 1)
    }
  return [...counts].map(([line, n]) => `  ${n} in ${line}`)
}

try {
  const outcomes = Object.keys(BUDGETS).map(runProject)
  const skipped = outcomes.flatMap(o => whySkipped(o.report))
  if (skipped.length > 0) console.log(`\nSkipped, and why:\n${skipped.join('\n')}`)
  const sum = { passed: 0, failed: 0, skipped: 0 }
  for (const o of outcomes) for (const [key, n] of Object.entries(totals(o))) sum[key] += n
  console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
  if (sum.failed > 0 || sum.passed === 0) process.exitCode = 1
} finally {
  rmSync(reports, { recursive: true, force: true })
}
