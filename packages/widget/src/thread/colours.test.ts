import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hueOf, initials } from './avatar.tsx'
import { contrast, hex, oklch } from './colour.fixture.ts'

const css = readFileSync(join(import.meta.dirname, 'thread.css'), 'utf8')
const white = hex('#ffffff')
const black = hex('#000000')

function numbers(pattern: RegExp): number[] {
  return (pattern.exec(css) ?? expect.fail(`nothing in the style sheet is ${pattern}`)).slice(1).map(Number)
}

describe('avatars', () => {
  test('have 12 hues on which white letters can be read', () => {
    const [lightness = 0, chroma = 0] = numbers(/oklch\(([\d.]+) ([\d.]+) var\(--hue\)\)/)
    const hues = new Set(Array.from({ length: 2000 }, (_, i) => hueOf(`name ${i}`)))
    expect(hues.size).toBe(12)
    for (const hue of hues) expect(contrast(oklch(lightness, chroma, hue), white)).toBeGreaterThanOrEqual(4.5)
  })

  test.each([
    ['Ada Lovelace', 'AL'],
    ['ada', 'A'],
    ['Jean-Luc Godard', 'JG'],
    ['سلمى العلي', 'سا'],
    ['李小龙', '李'],
    ['e\u0301mile zola', 'E\u0301Z'],
    ['✨ Grace ✨', 'G'],
    ['__', ''],
    ['𝒜da 𝓁', '𝒜𝓁'],
  ])('write %s as %s', (name, letters) => {
    expect(initials(name)).toBe(letters)
  })
})

// On pages whose text is at least as far from their ground as these: others are hard to read without us.
describe.each([
  ['light', 0.15, [white, hex('#f4f4f4'), hex('#fffdf8')]],
  ['grey text', 0.4, [white]],
  ['dark', 0.9, [black, hex('#16181d'), hex('#22262e')]],
  ['white on dark', 1, [black, hex('#22262e')]],
])('on a page with %s', (_, text, grounds) => {
  test.each(['accent', 'danger'])('%s can be read, and what stands on it', (name) => {
    const [low = 0, high = 0, chroma = 0, hue = 0] = numbers(
      new RegExp(`--confab-${name}, oklch\\(from currentColor clamp\\(([\\d.]+), l, ([\\d.]+)\\) ([\\d.]+) (\\d+)`),
    )
    const lightness = Math.min(high, Math.max(low, text))
    const colour = oklch(lightness, chroma, hue)
    for (const ground of grounds) expect(contrast(colour, ground)).toBeGreaterThanOrEqual(4.5)
    const [turn = 0] = numbers(/calc\(\(([\d.]+) - l\) \* 1000\)/)
    expect(contrast(colour, lightness < turn ? white : black)).toBeGreaterThanOrEqual(4.5)
  })
})

test('browsers without colour mathematics get colours for both kinds of page', () => {
  for (const name of ['accent', 'danger']) {
    const [, fallback = ''] = new RegExp(`--confab-${name}, (#[0-9a-f]{6})`).exec(css) ?? []
    for (const ground of [white, black]) expect(contrast(hex(fallback), ground)).toBeGreaterThanOrEqual(4.5)
  }
})
