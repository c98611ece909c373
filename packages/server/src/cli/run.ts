import { renderUsage, runCommand } from 'citty'
import type { ArgsDef, CommandDef } from 'citty'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { ServerError, UsageError, errorMessage } from '../errors.ts'
import { otherVariables, repeatable, valueRules } from './options.ts'
import { oneLine } from '../text.ts'
import { print } from './output.ts'

/** `undefined` means 0. Commands throw `UsageError` or `ServerError`. */
export type ExitCode = number

interface Environment {
  readonly [name: string]: string | undefined
}

/**
 * Runs `confab` with these arguments and answers with the exit code: 0 done, 1 failed, 2 used wrongly.
 *
 * citty describes the commands and prints their help. It lets unknown options, repeated options and missing values
 * pass, so the arguments are checked here first, and options from the environment are added as if they had been typed.
 */
export async function runCommandLine(
  root: CommandDef,
  argv: readonly string[],
  env: Environment,
  version: string,
): Promise<ExitCode> {
  try {
    if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
      print(version)
      return 0
    }
    const { command, path, rest } = await findCommand(root, argv)
    if (wantsHelp(rest)) {
      await printHelp(command, path)
      return 0
    }
    if (command.subCommands !== undefined) {
      if (rest.length === 0 && path.length === 1) {
        await printHelp(command, path)
        return 0
      }
      throw wrongSubCommand(path, rest, Object.keys(await resolve(command.subCommands)))
    }
    const args = await resolve<ArgsDef>(command.args ?? {})
    const { result } = await runCommand(command, { rawArgs: completeArguments(args, rest, env, path) })
    return typeof result === 'number' ? result : 0
  } catch (error) {
    return explain(error, env)
  }
}

async function findCommand(
  root: CommandDef,
  argv: readonly string[],
): Promise<{ command: CommandDef; path: string[]; rest: readonly string[] }> {
  let command = root
  const path = ['confab']
  let rest = argv
  while (command.subCommands !== undefined && rest[0] !== undefined) {
    const subCommands = await resolve(command.subCommands)
    if (!Object.hasOwn(subCommands, rest[0])) break
    path.push(rest[0])
    command = await resolve<CommandDef>(subCommands[rest[0]] ?? {})
    rest = rest.slice(1)
  }
  return { command, path, rest }
}

function wrongSubCommand(path: readonly string[], rest: readonly string[], names: readonly string[]): UsageError {
  const [word] = rest
  const command = path.join(' ')
  if (word === undefined) return new UsageError(`"${command}" needs one of: ${names.join(', ')}.`)
  if (word.startsWith('-')) {
    return new UsageError(`Options go after the command: "${command} ${names[0] ?? ''} ${oneLine(word)}".`)
  }
  return new UsageError(`Unknown command "${command} ${oneLine(word)}". Use one of: ${names.join(', ')}.`)
}

function wantsHelp(rest: readonly string[]): boolean {
  const end = rest.indexOf('--')
  return (end < 0 ? rest : rest.slice(0, end)).some((arg) => arg === '--help' || arg === '-h')
}

async function printHelp(command: CommandDef, path: readonly string[]): Promise<void> {
  const parent: CommandDef = { meta: { name: path.slice(0, -1).join(' ') } }
  const usage = await renderUsage(command, path.length > 1 ? parent : undefined)
  print(process.stdout.isTTY ? usage : stripVTControlCharacters(usage))
}

/** The arguments as citty shall read them: checked, repeats joined, and what is missing taken from the environment. */
function completeArguments(
  args: ArgsDef,
  rest: readonly string[],
  env: Environment,
  path: readonly string[],
): string[] {
  const help = `Run "${path.join(' ')} --help" for what it takes.`
  const options = Object.entries(args).filter(([, arg]) => arg.type !== 'positional')
  const { tokens, positionals } = parseArgs({
    args: [...rest],
    options: Object.fromEntries(
      options.map(([name, arg]) => [name, { type: arg.type === 'boolean' ? 'boolean' : 'string' }] as const),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })

  const values = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const arg = Object.hasOwn(args, token.name) ? args[token.name] : undefined
    if (arg === undefined || arg.type === 'positional') {
      throw new UsageError(`Unknown option ${oneLine(token.rawName)}. ${help}`)
    }
    const label = `--${token.name}`
    const given = values.get(token.name)
    if (arg.type === 'boolean') {
      values.set(token.name, [String(token.value === undefined || readBoolean(label, token.value))])
      continue
    }
    // `--host --port 1`: the next option is not a value.
    if (token.value === undefined || (!token.inlineValue && token.value.startsWith('-'))) {
      throw new UsageError(`${label} needs a value. ${help}`)
    }
    if (given !== undefined && !repeatable.has(token.name)) {
      throw new UsageError(`${label} is given twice. Give it once.`)
    }
    checkValue(token.name, label, token.value)
    values.set(token.name, [...(given ?? []), token.value])
  }
  for (const [name, arg] of options) {
    if (values.has(name)) continue
    const variable = variablesOf(name).find((candidate) => (env[candidate] ?? '') !== '')
    const value = variable === undefined ? undefined : env[variable]
    if (variable === undefined || value === undefined) continue
    if (arg.type === 'boolean') values.set(name, [String(readBoolean(variable, value))])
    else {
      checkValue(name, variable, value)
      values.set(name, [value])
    }
  }

  checkPositionals(args, positionals, help)
  for (const [name, arg] of options) {
    if (arg.required === true && !values.has(name)) throw new UsageError(`--${name} is needed. ${help}`)
  }
  return [
    ...[...values].flatMap(([name, parts]) => {
      if (args[name]?.type !== 'boolean') return [`--${name}=${parts.join(',')}`]
      return parts[0] === 'true' ? [`--${name}`] : []
    }),
    '--',
    ...positionals,
  ]
}

function variablesOf(option: string): string[] {
  return [`CONFAB_${option.toUpperCase().replaceAll('-', '_')}`, ...(otherVariables[option] ?? [])]
}

function checkValue(name: string, label: string, value: string): void {
  const complaint = valueRules[name]?.(value) ?? null
  if (complaint !== null) throw new UsageError(`${label} ${complaint}, not "${oneLine(value).slice(0, 100)}".`)
}

function readBoolean(label: string, value: string): boolean {
  if (/^(?:1|true|yes|on)$/i.test(value)) return true
  if (/^(?:0|false|no|off)$/i.test(value)) return false
  throw new UsageError(`${label} is either on or off: use 1 or 0, not "${oneLine(value).slice(0, 100)}".`)
}

function checkPositionals(args: ArgsDef, positionals: readonly string[], help: string): void {
  const places = Object.entries(args).filter(([, arg]) => arg.type === 'positional')
  const extra = positionals[places.length]
  if (extra !== undefined) throw new UsageError(`"${oneLine(extra)}" is one argument too many. ${help}`)
  const missing = places[positionals.length]
  if (missing !== undefined && missing[1].required !== false) {
    throw new UsageError(`${missing[0].toUpperCase()} is missing. ${help}`)
  }
}

function explain(error: unknown, env: Environment): ExitCode {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`)
    return 2
  }
  const message = error instanceof ServerError ? error.message : `Something unexpected failed: ${errorMessage(error)}`
  process.stderr.write(`${oneLine(message)}\n`)
  // For a bug report. Never by default: a stack is noise to an operator and shows paths.
  if (env['CONFAB_DEBUG'] === '1' && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  return 1
}

async function resolve<T>(value: T | Promise<T> | (() => T) | (() => Promise<T>)): Promise<T> {
  return typeof value === 'function' ? await (value as () => T | Promise<T>)() : await value
}
