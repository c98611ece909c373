import type { PlainTest } from '@confab/core/testing'

/**
 * A worker that is a suite: it tells the names of its tests, and runs one by its number.
 *
 * @param register called within a request: outside of one, a Worker may not choose seeds
 */
export function suiteWorker(register: () => readonly PlainTest[]): (request: Request) => Promise<Response> {
  let tests: readonly PlainTest[] | null = null
  return async (request) => {
    tests ??= register()
    const number = new URL(request.url).searchParams.get('test')
    if (number === null) return Response.json(tests.map(({ name }) => name))
    const test = tests[Number(number)]
    if (!test) return new Response('There is no such test', { status: 404 })
    try {
      await test.run()
      return new Response(null, { status: 204 })
    } catch (error) {
      return new Response(error instanceof Error ? (error.stack ?? error.message) : String(error), { status: 500 })
    }
  }
}
