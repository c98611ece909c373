import { expect, it } from 'vitest'
import { cleanAddress } from '../../../widget/src/page-address.ts'
import { pageKeyOf } from './page-key.ts'

it.each([
  'https://blog.example.org/',
  'https://blog.example.org/a/b.html',
  'http://www.blog.example.org/a/?x=1&y=2#comments',
  'https://blog.example.org/a?utm_source=x&id=7&fbclid=y',
  'https://blog.example.org/?gclid=1&_gl=2&mc_cid=3&srsltid=4',
  'https://blog.example.org/%D0%B1%D0%BB%D0%BE%D0%B3/?q=a+b%20c',
  'https://blog.example.org/блог/ö',
  'https://blog.example.org/a?UTM_Medium=mail&b',
  'https://blog.example.org:8443/a//b/../c',
])('names %s as the widget does', (address) => {
  expect(pageKeyOf(address, null)).toBe(cleanAddress(address).key)
})

it('takes the name of a page that has no address', () => {
  expect(pageKeyOf(null, ' post\n7 ')).toBe('post 7')
  expect(pageKeyOf(null, ' ')).toBeNull()
  expect(pageKeyOf(null, null)).toBeNull()
})
