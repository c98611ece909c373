import { expect, test } from 'vitest'
import { cleanAddress } from './page-address.ts'

test.each([
  ['https://blog.example.org/posts/hello', '/posts/hello'],
  ['https://blog.example.org/posts/hello#comments', '/posts/hello'],
  ['http://www.blog.example.org/posts/hello/', '/posts/hello/'],
  ['https://blog.example.org', '/'],
  ['https://blog.example.org/?p=12', '/?p=12'],
  ['https://blog.example.org/?p=12&utm_source=mail&utm_campaign=x', '/?p=12'],
  ['https://blog.example.org/a?fbclid=1&gclid=2&msclkid=3&mc_cid=4&igshid=5&_gl=6', '/a'],
  // Of the page's own, whatever they look like.
  ['https://blog.example.org/a?id=1&ref=home&page=2&clid=a%20b', '/a?id=1&ref=home&page=2&clid=a%20b'],
  ['https://blog.example.org/s?q=a%20b&Q=c+d', '/s?q=a%20b&Q=c+d'],
  ['https://blog.example.org/%C3%BCber?x=%2F', '/%C3%BCber?x=%2F'],
])('%s is %s', (address, key) => {
  expect(cleanAddress(address).key).toBe(key)
})

test('the full address loses the same', () => {
  expect(cleanAddress('https://blog.example.org/a?utm_source=x#b').url).toBe('https://blog.example.org/a')
})
