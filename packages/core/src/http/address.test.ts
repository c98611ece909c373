import { describe, expect, test } from 'vitest'
import { addressFinder } from './address.ts'

/** What limits count by for a request from `peer`. */
function keyOf(trust: readonly string[], peer: string | null, forwarded?: string): string | null {
  return seen(trust, peer, forwarded).key
}

function seen(trust: readonly string[], peer: string | null, forwarded?: string) {
  const header = (name: string): string | null => (name === 'x-forwarded-for' ? (forwarded ?? null) : null)
  return addressFinder(trust)({
    url: 'https://api.example/',
    peer,
    isHead: () => false,
    bodyLength: null,
    signal: () => new AbortController().signal,
    stream: null,
    header,
  })
}

describe('without proxies', () => {
  test('the socket tells, IPv4 as it is and IPv6 by its /64', () => {
    expect(keyOf([], '203.0.113.7')).toBe('203.0.113.7')
    expect(keyOf([], '::ffff:203.0.113.7')).toBe('203.0.113.7')
    expect(keyOf([], '2001:db8:1:2:3:4:5:6')).toBe(keyOf([], '2001:db8:1:2:ffff::1'))
    expect(keyOf([], '2001:db8:1:2::')).not.toBe(keyOf([], '2001:db8:1:3::'))
    expect(keyOf([], '2001:DB8:1:2:0:0:0:1')).toBe(keyOf([], '2001:db8:1:2::1'))
    expect(keyOf([], 'fe80::1%eth0')).not.toBeNull()
  })

  test('what a client claims changes nothing', () => {
    for (const claimed of ['198.51.100.1', '127.0.0.1', '::1', 'unknown', '', 'a, b', '203.0.113.7, 198.51.100.1']) {
      expect(seen([], '203.0.113.7', claimed)).toEqual({ key: '203.0.113.7', proxied: false })
    }
  })

  test('a proxy of the same machine or network that nobody trusts hides everybody', () => {
    for (const peer of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.1.2.3', '172.17.0.1', '192.168.1.1', 'fd00::1']) {
      expect(seen([], peer, '198.51.100.1')).toEqual({ key: null, proxied: true })
      expect(seen([], peer).key).not.toBeNull()
    }
  })

  test('nothing is known where the runtime tells nothing', () => {
    expect(seen([], null, '198.51.100.1')).toEqual({ key: null, proxied: false })
    expect(seen(['loopback'], null, '198.51.100.1')).toEqual({ key: null, proxied: false })
    expect(seen([], 'not an address')).toEqual({ key: null, proxied: false })
  })
})

describe('behind trusted proxies', () => {
  const trust = ['loopback', '10.0.0.0/8', '2001:db8:ffff::/48', '192.0.2.1']

  test.each([
    ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.0.0.9', '198.51.100.1', '198.51.100.1'],
    ['192.0.2.1', '198.51.100.1', '198.51.100.1'],
    // Whatever the client wrote itself stands further left.
    ['127.0.0.1', '1.2.3.4, 198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', '10.0.0.1, 198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', '198.51.100.1, 10.2.3.4, 192.0.2.1', '198.51.100.1'],
    ['127.0.0.1', '198.51.100.1,10.2.3.4', '198.51.100.1'],
    ['127.0.0.1', '::ffff:198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', '198.51.100.1, 2001:db8:ffff:1::1', '198.51.100.1'],
  ])('%s says %j: the client is %s', (peer, forwarded, client) => {
    expect(keyOf(trust, peer, forwarded)).toBe(client)
  })

  test('an IPv6 client counts by its /64', () => {
    expect(keyOf(trust, '127.0.0.1', '2001:db8:1:2:a::1')).toBe(keyOf(trust, '10.0.0.1', '2001:db8:1:2:b::2'))
  })

  test('what is no address is not believed, nor what stands before it', () => {
    expect(keyOf(trust, '10.0.0.1', '198.51.100.1, unknown')).toBe('10.0.0.1')
    expect(keyOf(trust, '10.0.0.1', 'garbage')).toBe('10.0.0.1')
    expect(keyOf(trust, '10.0.0.1', '')).toBe('10.0.0.1')
  })

  test('a peer that is not on the list is the client', () => {
    expect(keyOf(trust, '203.0.113.7', '198.51.100.1')).toBe('203.0.113.7')
    expect(keyOf(trust, '2001:db8:fffe::1', '198.51.100.1')).toBe(keyOf([], '2001:db8:fffe::1'))
  })
})

test.each(['', 'localhost', '10.0.0.0/33', 'all', '300.1.1.1', '*'])('%j is no proxy to trust', (entry) => {
  expect(() => addressFinder([entry])).toThrow(/`trustProxy`: ".*" is not an address/)
})
