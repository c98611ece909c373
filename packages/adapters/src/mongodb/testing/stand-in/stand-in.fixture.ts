import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { ServerState } from './call.fixture.ts'
import { dispatch } from './dispatch.fixture.ts'
import { createReplicaSet } from './replica-set.fixture.ts'
import type { Member } from './replica-set.fixture.ts'
import { decode, encodeReply, splitMessages } from './wire.fixture.ts'
import type { Doc, WireRequest } from './wire.fixture.ts'
import { expire } from './write-commands.fixture.ts'

/** Breaks the next matching command. */
export interface Fault {
  readonly commands: readonly string[]
  readonly times: number
  /** The connection ends before the command ran, or after it ran and before its answer left. */
  readonly how: 'cut before' | 'cut after' | { readonly answer: Doc }
}

export interface StandIn {
  readonly url: string
  readonly members: readonly Member[]
  primary(): Member | null
  kill(member: Member): void
  restart(member: Member): Promise<void>
  pause(member: Member): void
  resume(member: Member): void
  stepDown(member: Member): void
  /** Ends all connections of a member; its process lives on. */
  cut(member: Member): void
  /** Every command takes so much longer. */
  slow(ms: number): void
  fail(fault: Fault): void
  holdReplication(): () => void
  /** Lets the TTL indexes work as if it were `now`. Answers how many documents went. */
  expire(now: number): number
  stop(): Promise<void>
}

export interface StandInOptions {
  /** 1 or 3; 0 is a server that is not a replica set. @default 1 */
  readonly members?: 0 | 1 | 3
  /** @default 150 */
  readonly electionMs?: number
  /** @default 0 */
  readonly replicationMs?: number
  /** @default 60000 */
  readonly transactionLifeMs?: number
  /** Where the first member listens. @default a free port */
  readonly port?: number
  /** @default 'stand-in' */
  readonly setName?: string
}

interface Listener {
  readonly server: Server
  readonly sockets: Set<Socket>
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

/**
 * Starts a small server that speaks the wire protocol of MongoDB 5.0 as far as this package's store uses it, in this
 * process and in memory. It is not MongoDB: it stands in where none can be had, and refuses what it does not know.
 */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const count = options.members ?? 1
  const listeners: Listener[] = []
  const faults: { fault: Fault; left: number }[] = []
  const resumed = new Map<Member, (() => void)[]>()
  let slowMs = 0

  for (let i = 0; i < Math.max(count, 1); i++) listeners.push({ server: createServer(), sockets: new Set() })
  const ports = await Promise.all(
    listeners.map(async ({ server }, i) => await listen(server, i === 0 ? (options.port ?? 0) : 0)),
  )
  const set = createReplicaSet({
    name: options.setName ?? 'stand-in',
    addresses: ports.map((port) => `127.0.0.1:${port}`),
    electionMs: options.electionMs ?? 150,
    replicationMs: options.replicationMs ?? 0,
  })
  const state: ServerState = {
    set,
    replicated: count > 0,
    sessions: new Map(),
    cursors: new Map(),
    transactionLifeMs: options.transactionLifeMs ?? 60_000,
    startedSeconds: Math.floor(Date.now() / 1000),
    nextCursor: 1,
  }

  function faultFor(name: string): Fault | null {
    const found = faults.find(({ fault, left }) => left > 0 && fault.commands.includes(name))
    if (found === undefined) return null
    found.left--
    return found.fault
  }

  async function whileAwake(member: Member): Promise<void> {
    while (member.paused)
      await new Promise<void>((resolve) => resumed.set(member, [...(resumed.get(member) ?? []), resolve]))
  }

  async function answer(member: Member, socket: Socket, request: WireRequest): Promise<void> {
    const { life } = member
    await whileAwake(member)
    const name = Object.keys(request.body)[0] ?? ''
    if (slowMs > 0 && name !== 'hello' && name !== 'ismaster')
      await new Promise((resolve) => setTimeout(resolve, slowMs))
    const fault = faultFor(name)
    if (fault?.how === 'cut before') return void socket.destroy()
    const broken = fault !== null && typeof fault.how === 'object' ? fault.how.answer : null
    const reply = broken ?? (await dispatch(state, member, request.body))
    await whileAwake(member)
    if (fault?.how === 'cut after' || member.life !== life) return void socket.destroy()
    if (request.silent || socket.destroyed) return
    const more = request.exhaust && reply['ok'] === 1 && reply['topologyVersion'] !== undefined
    socket.write(encodeReply(request, reply, more))
    if (!more) return
    await answer(member, socket, { ...request, body: { ...request.body, topologyVersion: reply['topologyVersion'] } })
  }

  function serve(member: Member, listener: Listener): void {
    listener.server.on('connection', (socket: Socket) => {
      listener.sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => listener.sockets.delete(socket))
      const feed = splitMessages((message) => {
        answer(member, socket, decode(message)).catch((error: unknown) => {
          console.error('stand-in:', error)
          socket.destroy()
        })
      })
      socket.on('data', (chunk: Buffer) => {
        try {
          feed(chunk)
        } catch (error) {
          console.error('stand-in:', error)
          socket.destroy()
        }
      })
    })
  }

  function listenerOf(member: Member): Listener {
    const listener = listeners[member.index]
    if (listener === undefined) throw new Error('no such member')
    return listener
  }

  function cut(member: Member): void {
    for (const socket of listenerOf(member).sockets) socket.destroy()
  }

  function wake(member: Member): void {
    for (const resolve of resumed.get(member) ?? []) resolve()
    resumed.delete(member)
  }

  for (const member of set.members) serve(member, listenerOf(member))
  const hosts = set.members.map(({ address }) => address).join(',')

  return {
    url: `mongodb://${hosts}/${count > 0 ? `?replicaSet=${set.name}` : ''}`,
    members: set.members,
    primary: () => set.primary(),
    kill(member) {
      listenerOf(member).server.close()
      set.kill(member)
      wake(member)
      cut(member)
    },
    async restart(member) {
      const port = Number(member.address.split(':')[1])
      await listen(listenerOf(member).server, port)
      set.restart(member)
    },
    pause: (member) => set.pause(member),
    resume(member) {
      set.resume(member)
      wake(member)
    },
    stepDown: (member) => set.stepDown(member, 1000),
    cut,
    slow(ms) {
      slowMs = ms
    },
    fail(fault) {
      faults.push({ fault, left: fault.times })
    },
    holdReplication: () => set.holdReplication(),
    expire(now) {
      const member = set.primary()
      if (member === null) return 0
      const call = {
        server: state,
        member,
        life: member.life,
        database: '',
        name: '',
        body: {},
        session: null,
        txn: null,
        retryNumber: null,
      }
      return expire({ ...call, readAt: member.applied }, now)
    },
    async stop() {
      set.stop()
      await Promise.all(
        listeners.map(async ({ server, sockets }) => {
          for (const socket of sockets) socket.destroy()
          if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()))
        }),
      )
    },
  }
}
