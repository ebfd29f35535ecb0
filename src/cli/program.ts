import { Command, CommanderError } from 'commander'
import { HeadwiseError } from '../words/error.ts'
import { nearest } from '../words/nearest.ts'
import { commands } from './commands.ts'
import type { Context } from './context.ts'

const usage = (message: string, where: string, found: unknown, allowed: unknown): HeadwiseError =>
  new HeadwiseError(message, { code: 'usage', fault: 'usage', where, found, allowed })

const FOOTER = `
MODEL is specimen (built in), a folder, a .gguf or a .safetensors file.
Results go to stdout, notes to stderr; --json gives one JSON document.
Without a command the workbench opens.

  headwise show specimen
  headwise run specimen "When Tom and Mary went to the market, Tom gave a coin to"
  headwise COMMAND --help`

/** `headwise help run` is `headwise run --help`. */
const withoutHelp = (args: readonly string[]): readonly string[] =>
  args[0] === 'help' ? [...args.slice(1), '--help'] : args

/** What is wrong with the arguments, as one sentence with the nearest name that exists. */
function sentence(error: CommanderError, command: Command): HeadwiseError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  if (error.code === 'commander.unknownOption') {
    const known = command.options.flatMap(o => (o.long ? [o.long] : [])).concat('--help')
    const near = nearest(quoted, known)
    return usage(`There is no option ${quoted} here; nearest: ${near.join(', ')} (see --help).`, quoted, quoted, known)
  }
  const plain = error.message
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')
    .replace(/[.\s]+$/, '')
  return usage(`${plain.charAt(0).toUpperCase()}${plain.slice(1)}; see --help.`, quoted, quoted, 'see --help')
}

function unknownCommand(name: string): HeadwiseError {
  const known = commands.map(c => c.name)
  const near = nearest(name, known)
  return usage(
    `There is no command ${JSON.stringify(name)}; nearest: ${near.join(', ')}; known: ${known.join(', ')}.`,
    'COMMAND',
    name,
    known,
  )
}

/** Reads the arguments, does what they ask, and lets every refusal out as one HeadwiseError. */
export async function runProgram(args: readonly string[], context: Context): Promise<void> {
  const program = new Command('headwise')
    .description('See, measure and edit the attention heads of a transformer.')
    .usage('COMMAND [MODEL] [OPTIONS]')
    .option('--no-color', 'plain text')
    .option('--version', 'print the version')
    .addHelpText('after', FOOTER)
    .action(async ({ version }: { version?: boolean }) => {
      if (!version) return await (await import('./serve.ts')).workbench(['specimen'], {}, context)
      context.print(`${(await import('../library/version.ts')).version}\n`)
    })
  const given = withoutHelp(args)
  const name = given.find(a => !a.startsWith('-'))
  if (name !== undefined && !commands.some(c => c.name === name)) throw unknownCommand(name)
  const quiet = (command: Command): Command =>
    command
      .exitOverride()
      .helpOption('-h, --help', 'show this help')
      .configureOutput({
        writeOut: text => context.print(text),
        writeErr: () => undefined,
        outputError: () => undefined,
      })
      .configureHelp({ helpWidth: context.style.columns })
  quiet(program)
  let asked = program
  for (const entry of commands) {
    const command = quiet(program.command(entry.name).summary(entry.summary).description(entry.summary))
    if (entry.name !== name) continue
    command.option('--no-color', 'plain text')
    asked = command
    const define = await entry.load()
    define(command, context)
  }
  try {
    await program.parseAsync([...given], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw sentence(error, asked)
  }
}
