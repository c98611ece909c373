import { defineCommand } from 'citty'
import { isSharedStore } from '../../data/shared-store.ts'
import { UsageError } from '../../errors.ts'
import { parseProxies } from '../../serve/proxies.ts'
import { parseRoles } from '../../serve/roles.ts'
import { streamLogger } from '../../serve/logger.ts'
import { startServer } from '../../serve/start-server.ts'
import { dataOption, storeOption } from '../options.ts'
import { print } from '../output.ts'

/** After this long a stop is no longer graceful. Below the 10 s that Docker and others wait before they kill. */
const stopLimitMs = 9000

/** `confab serve` */
export const serve = defineCommand({
  meta: { name: 'serve', description: 'Run the server' },
  args: {
    port: { type: 'string', valueHint: 'PORT', default: '3000', description: 'Port to listen on' },
    host: {
      type: 'string',
      valueHint: 'HOST',
      default: '127.0.0.1',
      description: 'Address to listen on; 0.0.0.0 for all',
    },
    ...dataOption,
    ...storeOption,
    cache: { type: 'string', valueHint: 'URL', description: 'Pages and limits for all servers: redis://host' },
    bus: { type: 'string', valueHint: 'URL', description: 'Messages between servers: mqtt://host' },
    role: {
      type: 'string',
      valueHint: 'ROLES',
      description: 'What this server does, of web (requests), live (event streams) and jobs; all when left out',
    },
    url: { type: 'string', valueHint: 'URL', description: 'Where readers reach the server, when it is behind a proxy' },
    'trust-proxy': {
      type: 'string',
      valueHint: 'ADDRESSES',
      description: 'Proxies whose X-Forwarded-For is believed: loopback, addresses, ranges',
    },
    demo: { type: 'boolean', description: 'Serve a demo page at /' },
  },
  async run({ args }) {
    const logger = streamLogger(process.stderr)
    process.on('uncaughtException', (error) => {
      logger.error('The server failed and ends', { error: error.stack ?? error.message })
      process.exit(1)
    })
    const roles = args.role === undefined ? null : parseRoles(args.role)
    if (roles !== null && !isSharedStore(args.store ?? '')) {
      throw new UsageError('--role needs a store that servers share: name it with --store.')
    }
    const proxies = parseProxies(args['trust-proxy'] ?? '')
    const signal = stopSignal()
    const server = await startServer({
      data: args.data,
      port: Number(args.port),
      host: args.host,
      demo: args.demo === true,
      ...(args.store === undefined ? {} : { store: args.store }),
      ...(args.cache === undefined ? {} : { cache: args.cache }),
      ...(args.bus === undefined ? {} : { bus: args.bus }),
      ...(roles === null ? {} : { roles }),
      logger,
      ...(args.url === undefined ? {} : { url: args.url }),
      ...(proxies === null ? {} : { trustProxy: proxies }),
    })
    print(`Confab is ready on ${server.url}`)
    if (server.publicUrl !== server.url) print(`Readers reach it on ${server.publicUrl}`)
    if (server.sites === 0) {
      print('No site may comment yet. Add yours with "confab site add ID --origin https://your.site".')
    }

    const name = await signal
    logger.info('Stopping', { signal: name })
    const limit = setTimeout(() => {
      logger.error('The stop took too long and was cut short')
      process.exit(1)
    }, stopLimitMs)
    await server.close()
    clearTimeout(limit)
    logger.info('Stopped')
    return 0
  },
})

/** The first signal to stop. The second one ends the process at once. */
function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let isStopping = false
    const onSignal = (name: string): void => {
      if (isStopping) process.exit(1)
      isStopping = true
      resolve(name)
    }
    process.on('SIGINT', () => onSignal('SIGINT'))
    process.on('SIGTERM', () => onSignal('SIGTERM'))
  })
}
