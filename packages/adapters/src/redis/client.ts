/**
 * The part of an ioredis client that these adapters use: a single server, one found by Sentinel, or a Cluster. ioredis
 * 6 fits as it is.
 */
export interface RedisClient {
  readonly status: string
  readonly isCluster: boolean
  connect(): Promise<unknown>
  hmgetBuffer(key: string, ...fields: string[]): Promise<(Buffer | null)[]>
  evalsha(sha: string, numberOfKeys: number, ...keysAndArguments: (string | Buffer)[]): Promise<unknown>
  eval(script: string, numberOfKeys: number, ...keysAndArguments: (string | Buffer)[]): Promise<unknown>
  del(key: string): Promise<unknown>
  on(event: string, listener: (...values: unknown[]) => void): unknown
  off(event: string, listener: (...values: unknown[]) => void): unknown
  disconnect(): void
}

/** A client of yours, which you close, or a function that makes one, which is then closed with the adapter. */
export type RedisSource<Client extends RedisClient = RedisClient> = Client | (() => Client)

/** A client once it is needed, and the knowledge who must close it. */
export interface RedisConnection<Client extends RedisClient> {
  /** Opened on the first call. */
  get(): Client
  /** Stops listening, and ends the client if it was made here. */
  close(): void
}

export function openConnection<Client extends RedisClient>(
  source: RedisSource<Client>,
  listeners: { readonly [event: string]: () => void },
): RedisConnection<Client> {
  let client: Client | null = null
  const owned = typeof source === 'function'
  return {
    get() {
      if (client === null) {
        client = owned ? source() : source
        for (const [event, listener] of Object.entries(listeners)) client.on(event, listener)
        // Without a listener ioredis would print each error; the calls fail by themselves.
        if (owned) client.on('error', () => undefined)
      }
      // A client with `lazyConnect` opens on its first command, but commands are only sent once it is open.
      if (client.status === 'wait') client.connect().catch(() => undefined)
      return client
    },
    close() {
      for (const [event, listener] of Object.entries(listeners)) client?.off(event, listener)
      if (owned) client?.disconnect()
    },
  }
}
