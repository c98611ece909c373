import type { IPv4, IPv6 } from 'ipaddr.js'
import ipaddr from 'ipaddr.js'
import { createLru } from '../engine/lru.ts'
import type { Incoming } from './incoming.ts'

type Address = IPv4 | IPv6
type Network = readonly [Address, number]

/** Who is at the other end, as far as it can be believed. */
export interface ClientAddress {
  /** The part that limits count by: the address, or the /64 of an IPv6 one. `null`: not known. */
  readonly key: string | null
  /** A proxy on this machine or network forwarded the request, but nobody said that it may be trusted. */
  readonly proxied: boolean
}

/** Finds the client's address of a request. */
export type FindAddress = (incoming: Incoming) => ClientAddress

/**
 * Believes `X-Forwarded-For` only as far as it was written by proxies on the list, read from the right. With an empty
 * list, a request that comes through a proxy of the same machine has no known address: counting all readers of a site
 * as one would lock them all out.
 *
 * @param trustProxy addresses or CIDR ranges, and `loopback` for 127.0.0.0/8 and ::1
 * @throws TypeError for an entry that is none of these
 */
export function addressFinder(trustProxy: readonly string[]): FindAddress {
  const trusted = trustProxy.flatMap(networksOf)
  const direct = createLru<ClientAddress>(10_000)
  return (incoming) => {
    const { peer } = incoming
    if (peer === null) return { key: null, proxied: false }
    const forwarded = incoming.header('x-forwarded-for')
    const known = forwarded === null ? direct.get(peer) : undefined
    if (known) return known
    const found = find(peer, forwarded)
    if (forwarded === null) direct.set(peer, found)
    return found
  }

  function find(peer: string, forwarded: string | null): ClientAddress {
    const address = parse(peer)
    if (!address) return { key: null, proxied: false }
    if (forwarded === null) return { key: keyOf(address), proxied: false }
    if (isIn(address, trusted)) return { key: keyOf(lastUntrusted(address, forwarded, trusted)), proxied: false }
    return isLocal(address) ? { key: null, proxied: true } : { key: keyOf(address), proxied: false }
  }
}

function lastUntrusted(peer: Address, forwarded: string, trusted: readonly Network[]): Address {
  let client = peer
  for (const hop of forwarded.split(',').reverse()) {
    const address = parse(hop.trim())
    if (!address) break
    client = address
    if (!isIn(address, trusted)) break
  }
  return client
}

function networksOf(entry: string): Network[] {
  if (entry === 'loopback') return [ipaddr.parseCIDR('127.0.0.0/8'), ipaddr.parseCIDR('::1/128')]
  if (ipaddr.isValidCIDR(entry)) return [ipaddr.parseCIDR(entry)]
  const address = parse(entry)
  if (address) return [[address, address.kind() === 'ipv4' ? 32 : 128]]
  throw new TypeError(
    `\`trustProxy\`: ${JSON.stringify(entry)} is not an address, a range such as 10.0.0.0/8, or "loopback"`,
  )
}

/** An IPv4 address in IPv6 clothes is the same client. */
function parse(text: string): Address | null {
  return ipaddr.isValid(text) ? ipaddr.process(text) : null
}

function isIn(address: Address, networks: readonly Network[]): boolean {
  return networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))
}

function isLocal(address: Address): boolean {
  return ['loopback', 'private', 'uniqueLocal', 'linkLocal'].includes(address.range())
}

function keyOf(address: Address): string {
  if (address.kind() === 'ipv4') return address.toString()
  return `${address.toByteArray().slice(0, 8).join('.')}/64`
}
