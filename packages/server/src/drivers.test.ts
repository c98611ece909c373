import { describe, expect, it } from 'vitest'
import { runConfab } from './server.fixture.ts'

/** As if the package had not been installed. */
const without = (name: string): string[] => {
  const hook = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier !== ${JSON.stringify(name)}) return next(specifier, context)
        throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
      },
    })`
  return ['--import', `data:text/javascript,${encodeURIComponent(hook)}`]
}

describe('a driver that is not installed is one sentence', () => {
  it.each([
    ['mongodb', ['serve', '--port', '0', '--store', 'mongodb://127.0.0.1:1/x']],
    ['mongodb', ['export', '--store', 'mongodb://127.0.0.1:1/x']],
    ['ioredis', ['serve', '--port', '0', '--store', 'mongodb://127.0.0.1:1/x', '--cache', 'redis://127.0.0.1:1']],
    ['mqtt', ['serve', '--port', '0', '--store', 'mongodb://127.0.0.1:1/x', '--bus', 'mqtt://127.0.0.1:1']],
  ])('%s', async (name, args) => {
    const { code, stdout, stderr } = await runConfab(args, { node: without(name) })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.split('\n').filter((line) => !line.startsWith('{'))).toEqual([
      `The package "${name}" is not installed: add it beside Confab with "npm install ${name}".`,
      '',
    ])
  })
})
