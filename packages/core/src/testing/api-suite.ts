import type { Registry } from './registry.ts'
import { runSuite } from './registry.ts'
import type { Runner, Skip } from './runner.ts'
import { aroundTests } from './api/around.ts'
import { bodyTests } from './api/bodies.ts'
import type { JsonBody } from './api/bodies.ts'
import type { Api, ApiUnderTest } from './api/client.ts'
import { createApi } from './api/client.ts'
import { cookieTests } from './api/cookies.ts'
import { crossOriginTests } from './api/cross-origin.ts'
import { editTests } from './api/edit.ts'
import { faultTests } from './api/faults.ts'
import { fieldTests } from './api/fields.ts'
import { freshnessTests } from './api/freshness.ts'
import { hiddenTextTests } from './api/hidden-text.ts'
import { idempotencyTests } from './api/idempotency.ts'
import { lifeTests } from './api/life.ts'
import { limitTests } from './api/limits.ts'
import { listTests } from './api/lists.ts'
import { liveTests } from './api/live.ts'
import { longPollTests } from './api/long-poll.ts'
import { meTests } from './api/me.ts'
import { moderationTests } from './api/moderation.ts'
import { pageTests } from './api/pages.ts'
import { pathTests } from './api/paths.ts'
import { removeTests } from './api/remove.ts'
import { replyTests } from './api/replies.ts'
import { roleTests } from './api/roles.ts'
import { siteTests } from './api/sites.ts'
import { stringTests } from './api/strings.ts'
import { writeTests } from './api/write.ts'

/** The tests of one subject. */
export type ApiTests = (registry: Registry<Api>) => void

export interface ApiSuiteOptions {
  /** A fresh {@link apiSuiteApp} over an empty store for each test, behind whatever carries its requests. */
  readonly setup: () => Promise<ApiUnderTest>
  /** Further JSON texts to send as bodies. None of them is a comment. @default none */
  readonly jsonBodies?: readonly JsonBody[]
  /** Further texts to send in every field. @default none */
  readonly strings?: readonly string[]
  readonly skip?: readonly Skip[]
}

/**
 * The HTTP interface as whole stories over `fetch`, for any runtime and any store. The runner is an argument, and only
 * the web's own interfaces are used, so that the same file runs under any of them.
 *
 * @example
 * import * as runner from 'vitest'
 * apiSuite(runner, 'memory', {
 *   async setup() {
 *     const app = apiSuiteApp(memoryStore())
 *     return { fetch: (path, init) => app.fetch(new Request(`https://api.example${path}`, init)), close: app.close }
 *   },
 * })
 */
export function apiSuite(runner: Runner, name: string, options: ApiSuiteOptions): void {
  const subjects: readonly ApiTests[] = [
    writeTests,
    replyTests,
    editTests,
    removeTests,
    pageTests,
    aroundTests,
    listTests,
    meTests,
    moderationTests,
    roleTests,
    idempotencyTests,
    cookieTests,
    freshnessTests,
    liveTests,
    longPollTests,
    crossOriginTests,
    bodyTests(options.jsonBodies ?? []),
    fieldTests,
    stringTests(options.strings ?? []),
    pathTests,
    siteTests,
    hiddenTextTests,
    limitTests,
    faultTests,
    lifeTests,
  ]
  runSuite(
    runner,
    `api: ${name}`,
    {
      ...(options.skip && { skip: options.skip }),
      async setup() {
        const subject = await options.setup()
        return { subject: createApi(subject), teardown: () => subject.close() }
      },
    },
    (registry) => {
      for (const tests of subjects) tests(registry)
    },
  )
}
