export type { RunningServer, ServerOptions } from './serve/start-server.ts'
export { startServer } from './serve/start-server.ts'
export type { ServerErrorCode } from './errors.ts'
export { ServerError } from './errors.ts'
