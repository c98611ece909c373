import { afterAll, describe, test } from 'vitest'
import { startWorker } from './testing/worker.fixture.ts'

// The suite runs where the store does: inside workerd, on the D1 of Miniflare. Here are only its names.
const worker = await startWorker(new URL('./testing/store.worker.fixture.ts', import.meta.url))
const names = (await (await worker.dispatchFetch('https://suite.example/')).json()) as readonly string[]

afterAll(() => worker.dispose())

describe('d1', () => {
  test.each(names.map((name, number) => [name, number] as const))(
    '%s',
    async (_name, number) => {
      const answer = await worker.dispatchFetch(`https://suite.example/?test=${number}`)
      if (answer.status !== 204) throw new Error(await answer.text())
    },
    60_000,
  )
})
