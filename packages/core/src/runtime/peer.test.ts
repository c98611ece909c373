import { expect, test } from 'vitest'
import { peerOf } from './peer.ts'

const request = new Request('https://api.example/', { headers: { 'cf-connecting-ip': '198.51.100.1' } })

test('the handler of Deno is told', () => {
  expect(peerOf({ remoteAddr: { transport: 'tcp', hostname: '203.0.113.7', port: 4711 } }, request)).toBe('203.0.113.7')
  expect(peerOf({ remoteAddr: { transport: 'unix', path: '/run/x' } }, request)).toBeNull()
})

test('the server of Bun is asked', () => {
  const server = (answer: unknown): object => ({ requestIP: (asked: Request) => (asked === request ? answer : null) })
  expect(peerOf(server({ address: '203.0.113.7', port: 4711, family: 'IPv4' }), request)).toBe('203.0.113.7')
  expect(peerOf(server(null), request)).toBeNull()
})

test('a header is not believed elsewhere than on Cloudflare, nor is anything that looks different', () => {
  for (const env of [undefined, null, {}, 'x', { remoteAddr: 'x' }, { requestIP: '203.0.113.7' }, { DB: {} }]) {
    expect(peerOf(env, request)).toBeNull()
  }
})
