import { expect, test } from 'vitest'
import { createInFlight } from './in-flight.ts'

test('a stop waits for what is under way, and not longer than it must', async () => {
  const inFlight = createInFlight()
  await inFlight.idle(60_000)
  const leaveFirst = inFlight.enter()
  const leaveSecond = inFlight.enter()
  let idle = false
  const waiting = inFlight.idle(60_000).then(() => (idle = true))
  leaveFirst()
  await Promise.resolve()
  expect(idle).toBe(false)
  leaveSecond()
  await waiting
  expect(idle).toBe(true)
})

test('what never ends is waited for only so long', async () => {
  const inFlight = createInFlight()
  inFlight.enter()
  await expect(inFlight.idle(1)).resolves.toBeUndefined()
})
