import { emptyData, rollBack } from './data.fixture.ts'
import type { Data, Txn } from './data.fixture.ts'
import { abortWrites } from './writes.fixture.ts'

export type Role = 'primary' | 'secondary' | 'down'

export interface Member {
  readonly index: number
  readonly address: string
  role: Role
  /** Stands still like a stopped process: takes nothing, answers nothing, keeps its sockets. */
  paused: boolean
  /** How far it has the log, and how far of that is on its disk. */
  applied: number
  durable: number
  /** What it knows to be on a majority. */
  majority: number
  /** Raised when the process ends, so that whatever it was doing is dropped. */
  life: number
}

/**
 * Members of a set as places in one log: replication moves the place forward, an election cuts the log at the place of
 * the member that won. What lay behind that was rolled back.
 */
export interface ReplicaSet {
  readonly name: string
  readonly members: readonly Member[]
  readonly data: Data
  readonly openTxns: Set<Txn>
  term(): number
  primary(): Member | null
  /** The primary wrote something: start to replicate it. */
  wrote(member: Member): void
  /** Calls back whenever a place or a role moved. Answers with the way to stop. */
  onChange(listener: () => void): () => void
  kill(member: Member): void
  restart(member: Member): void
  pause(member: Member): void
  resume(member: Member): void
  /** Gives up the role; with others there one of them takes over at once. */
  stepDown(member: Member, forMs: number): void
  /** Writes stay on the primary until the answer is called. */
  holdReplication(): () => void
  stop(): void
}

export interface ReplicaSetOptions {
  readonly name: string
  readonly addresses: readonly string[]
  readonly electionMs: number
  readonly replicationMs: number
}

export function createReplicaSet(options: ReplicaSetOptions): ReplicaSet {
  const data = emptyData()
  const openTxns = new Set<Txn>()
  const listeners = new Set<() => void>()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  const members = options.addresses.map((address, index): Member => ({
    index,
    address,
    role: index === 0 ? 'primary' : 'secondary',
    paused: false,
    applied: 0,
    durable: 0,
    majority: 0,
    life: 0,
  }))
  const needed = Math.floor(members.length / 2) + 1
  const barred = new Map<Member, number>()
  let term = 1
  let termStart = 0
  let held = 0
  let replicating = false
  let electing = false

  function later(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      run()
    }, ms)
    timers.add(timer)
  }

  function changed(): void {
    for (const listener of listeners) listener()
  }

  const alive = (member: Member): boolean => member.role !== 'down' && !member.paused
  const primary = (): Member | null => members.find((member) => member.role === 'primary') ?? null

  function advanceMajority(): void {
    const places = members.map((member) => (member.role === 'down' ? 0 : member.durable)).sort((a, b) => b - a)
    const point = places[needed - 1] ?? 0
    const from = primary()
    // Entries of older terms count only together with one of the present term.
    if (from !== null && point >= termStart) {
      // The others learn of it with what they replicate next.
      for (const member of members)
        if (member !== from && alive(member)) member.majority = Math.min(from.majority, member.applied)
      from.majority = Math.min(point, from.applied)
    }
    changed()
  }

  function soon(run: () => void): void {
    if (options.replicationMs > 0) later(options.replicationMs, run)
    else setImmediate(run)
  }

  function replicate(): void {
    if (replicating) return
    replicating = true
    soon(() => {
      replicating = false
      const from = primary()
      if (from === null || from.paused) return
      for (const member of members) {
        if (!alive(member) || (member !== from && held > 0)) continue
        member.applied = from.applied
        member.durable = from.applied
      }
      advanceMajority()
      if (from.applied < data.log.length) replicate()
    })
  }

  function lead(member: Member): void {
    term++
    for (const txn of openTxns) abortWrites(txn)
    openTxns.clear()
    for (const other of members) if (other.role === 'primary') other.role = 'secondary'
    rollBack(data, member.applied)
    for (const other of members) {
      other.applied = Math.min(other.applied, member.applied)
      other.durable = Math.min(other.durable, member.applied)
      other.majority = Math.min(other.majority, member.applied)
    }
    member.role = 'primary'
    // The empty entry that every new term begins with: only once it is on a majority does the new primary know what is.
    data.log.push({ rows: [], marks: [] })
    termStart = data.log.length
    member.applied = data.log.length
    replicate()
    changed()
  }

  function elect(afterMs: number): void {
    if (electing) return
    electing = true
    later(afterMs, () => {
      electing = false
      const present = primary()
      if (present !== null && alive(present)) return
      const voters = members.filter(alive)
      const able = voters.filter((member) => (barred.get(member) ?? 0) <= Date.now())
      const best = able.sort((a, b) => b.applied - a.applied || a.index - b.index)[0]
      if (voters.length < needed || best === undefined) {
        if (voters.length > 0) elect(Math.max(20, options.electionMs / 4))
        return
      }
      lead(best)
    })
  }

  return {
    name: options.name,
    members,
    data,
    openTxns,
    term: () => term,
    primary,
    wrote(member) {
      member.applied = data.log.length
      replicate()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    kill(member) {
      const led = member.role === 'primary'
      member.role = 'down'
      member.paused = false
      member.life++
      member.applied = member.durable
      if (led) {
        for (const txn of openTxns) abortWrites(txn)
        openTxns.clear()
        elect(options.electionMs)
      }
      changed()
    },
    restart(member) {
      if (member.role !== 'down') return
      member.role = 'secondary'
      if (primary() === null) elect(options.electionMs / 2)
      else replicate()
      changed()
    },
    pause(member) {
      member.paused = true
      if (member.role === 'primary') elect(options.electionMs)
    },
    resume(member) {
      member.paused = false
      if (primary() === null) elect(options.electionMs / 2)
      else replicate()
      changed()
    },
    stepDown(member, forMs) {
      for (const txn of openTxns) abortWrites(txn)
      openTxns.clear()
      member.role = 'secondary'
      barred.set(member, Date.now() + forMs)
      elect(10)
      changed()
    },
    holdReplication() {
      held++
      return () => {
        held--
        replicate()
      }
    },
    stop() {
      for (const timer of timers) clearTimeout(timer)
      listeners.clear()
    },
  }
}
