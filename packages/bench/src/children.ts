import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process of the bench that answers questions one at a time. */
export interface Child<Question, Answer> {
  ask(question: Question): Promise<Answer>
  stop(): Promise<void>
}

/**
 * Starts `module` (a file name beside this one) as a process of its own, so that it has a processor, a heap and a
 * compiler to itself. Resolves when it is ready.
 */
export async function startChild<Question extends object, Answer>(
  module: string,
  args: readonly string[] = [],
): Promise<Child<Question, Answer>> {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), args)
  const exit = once(child, 'exit')
  const message = async (): Promise<unknown> => {
    const gone = exit.then(([code]) => {
      throw new Error(`${module} ended with code ${String(code)}`)
    })
    const [value] = (await Promise.race([once(child, 'message'), gone])) as [unknown]
    return value
  }
  await message()
  return {
    async ask(question) {
      child.send(question)
      return (await message()) as Answer
    },
    async stop() {
      if (child.connected) child.disconnect()
      await exit
    },
  }
}

/** The other end: tells the parent it is ready, answers until the parent hangs up, then cleans up. */
export function answer<Question, Answer>(
  handle: (question: Question) => Answer | Promise<Answer>,
  cleanUp: () => void | Promise<void> = () => undefined,
): void {
  process.on('message', (question) => {
    void Promise.resolve(handle(question as Question)).then((value) => process.send?.(value))
  })
  process.on('disconnect', () => {
    void Promise.resolve(cleanUp()).then(() => process.exit())
  })
  process.send?.('ready')
}
