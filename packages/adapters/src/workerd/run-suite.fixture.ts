import type { Miniflare } from 'miniflare'
import { afterAll, test } from 'vitest'

/** Registers the tests of a {@link suiteWorker}, so that each is reported by its name. They run over there. */
export async function runSuite(worker: Miniflare): Promise<void> {
  afterAll(() => worker.dispose())
  const names = (await (await worker.dispatchFetch('https://suite.example/')).json()) as readonly string[]
  test.each(names.map((name, number) => [name, number] as const))(
    '%s',
    async (_name, number) => {
      const answer = await worker.dispatchFetch(`https://suite.example/?test=${number}`)
      if (answer.status !== 204) throw new Error(await answer.text())
    },
    60_000,
  )
}
