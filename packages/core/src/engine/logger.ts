import type { LogFields, Logger } from '../ports/index.ts'

/**
 * One line of JSON for each event, to the console of the runtime. Line breaks in values are escaped by JSON.
 *
 * @example
 * consoleLogger().info('Started', { port: 3000 })
 */
export function consoleLogger(): Logger {
  const line = (level: string, message: string, fields: LogFields | undefined): string =>
    JSON.stringify({ at: new Date().toISOString(), level, message, ...fields })
  return {
    info: (message, fields) => console.info(line('info', message, fields)),
    warn: (message, fields) => console.warn(line('warn', message, fields)),
    error: (message, fields) => console.error(line('error', message, fields)),
  }
}
