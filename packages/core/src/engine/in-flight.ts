import type { Ms } from '../ports/index.ts'

/** Counts what is under way, so that a stop can wait for it. */
export interface InFlight {
  /** Answers with the way to say that it has ended. */
  enter(): () => void
  /** Resolves when nothing is under way, or after `limitMs`. */
  idle(limitMs: Ms): Promise<void>
}

export function createInFlight(): InFlight {
  let count = 0
  let wake: (() => void) | null = null

  function leave(): void {
    count -= 1
    if (count === 0) wake?.()
  }

  return {
    enter() {
      count += 1
      return leave
    },
    async idle(limitMs) {
      if (count === 0) return
      let timer: ReturnType<typeof setTimeout> | undefined
      await new Promise<void>((resolve) => {
        wake = resolve
        timer = setTimeout(resolve, limitMs)
      })
      clearTimeout(timer)
    },
  }
}
