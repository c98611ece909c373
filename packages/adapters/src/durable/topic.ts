/** What of a Durable Object's state is used. `DurableObjectState` of Cloudflare's types fits. */
export interface TopicState {
  acceptWebSocket(socket: TopicSocket): void
  getWebSockets(): readonly TopicSocket[]
}

/** The end of a WebSocket that the runtime keeps while the object sleeps. */
export interface TopicSocket {
  send(message: Uint8Array): void
  close(code?: number, reason?: string): void
}

interface Workerd {
  readonly WebSocketPair: new () => { readonly 0: TopicSocket; readonly 1: TopicSocket }
}

/**
 * One topic of {@link durableBus}: hands what is posted to it to all who listen. A Worker exports it and binds it as a
 * Durable Object. It keeps nothing, and while nobody speaks the runtime lets it sleep, with its listeners connected.
 *
 * It is a class because the runtime makes the objects. Only the Workers that bind it can reach it.
 *
 * @example
 * export { LiveTopic } from '@confab/adapters/durable'
 */
export class LiveTopic {
  readonly #state: TopicState

  /** Called by the runtime. */
  constructor(state: TopicState) {
    this.#state = state
  }

  /** An upgrade to a WebSocket listens; anything else is a message, and the answer's `heard` is by how many. */
  async fetch(request: Request): Promise<Response> {
    if (request.headers.get('upgrade') === 'websocket') return this.#listen()
    const message = new Uint8Array(await request.arrayBuffer())
    const heard = this.#state.getWebSockets().filter((socket) => tell(socket, message))
    return new Response(null, { status: 204, headers: { heard: String(heard.length) } })
  }

  /** Without it the runtime has nobody to hand a message to. Listeners have nothing to say. */
  webSocketMessage(): void {}

  /** Called by the runtime when a listener has gone. */
  webSocketClose(socket: TopicSocket): void {
    end(socket)
  }

  /** Called by the runtime when the line to a listener broke. */
  webSocketError(socket: TopicSocket): void {
    end(socket)
  }

  #listen(): Response {
    const { WebSocketPair } = globalThis as unknown as Workerd
    const { 0: theirs, 1: ours } = new WebSocketPair()
    this.#state.acceptWebSocket(ours)
    const init: ResponseInit & { readonly webSocket: TopicSocket } = { status: 101, webSocket: theirs }
    return new Response(null, init)
  }
}

function tell(socket: TopicSocket, message: Uint8Array): boolean {
  try {
    socket.send(message)
    return true
  } catch {
    // It has gone, and the runtime has not said so yet.
    return false
  }
}

function end(socket: TopicSocket): void {
  try {
    socket.close()
  } catch {
    // The runtime may have done it already.
  }
}
