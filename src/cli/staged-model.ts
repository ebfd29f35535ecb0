import { randomBytes } from 'node:crypto'
import { lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { writeFault } from '../checkpoint/files.ts'
import { judgeOnnx } from '../checkpoint/onnx.ts'
import type { OutOptions } from '../results/write.ts'
import { HeadwiseError } from '../words/error.ts'

/**
 * Lets `write` put an ONNX model and the files beside it into a folder of their own next to the final place, each under
 * its own name; `stage` gives the path there. The model is judged as it stands on the disk, then everything gets its
 * final name, the model last. Nothing of it stays when any of this fails.
 */
export async function writeStaged<T>(
  model: string,
  beside: readonly string[],
  { force = false }: OutOptions,
  write: (stage: (path: string) => string) => Promise<T>,
): Promise<T> {
  const folder = join(dirname(model), `.${basename(model).slice(0, 64)}.${randomBytes(6).toString('hex')}.part`)
  const stage = (path: string): string => join(folder, basename(path))
  const drop = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', drop)
  try {
    mkdirSync(folder)
    const result = await write(stage)
    judgeWritten(stage(model), model)
    const files = [...beside, model]
    for (const path of files) checkFree(path, force)
    for (const path of files) renameSync(stage(path), path)
    return result
  } catch (error) {
    throw writeFault(unstaged(error), model)
  } finally {
    drop()
    process.off('exit', drop)
  }
}

/** What the file system said, without the name of a file that is only on its way. */
const unstaged = (error: unknown): unknown =>
  error instanceof HeadwiseError && ['out-write', 'file-write'].includes(error.code) ? error.cause : error

/** What we wrote and cannot read is no fault of the user's data. */
function judgeWritten(written: string, model: string): void {
  try {
    judgeOnnx(written)
  } catch (error) {
    if (!(error instanceof HeadwiseError)) throw error
    const { code, where, found, allowed, message } = error
    const details = {
      code,
      fault: 'failed' as const,
      file: model,
      found,
      allowed,
      ...(where !== undefined && { where }),
    }
    const why = message.replaceAll(dirname(written), dirname(model))
    throw new HeadwiseError(`The model was written, but does not hold, and nothing was kept: ${why}`, details, {
      cause: error,
    })
  }
}

function checkFree(path: string, force: boolean): void {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there === undefined || (force && there.isFile())) return
  throw new HeadwiseError(`The output ${path} appeared while it was computed and was left as it is.`, {
    code: 'out-exists',
    fault: 'failed',
    file: path,
    where: '--out',
    found: there.isFile() ? 'a file' : 'no regular file',
    allowed: 'no file',
  })
}
