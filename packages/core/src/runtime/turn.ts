interface HostTimers {
  setImmediate?: (run: () => void) => unknown
}

const { setImmediate: immediately } = globalThis as HostTimers

/**
 * Resolves when everything that this turn of the event loop brings has been seen: a few microseconds where nothing else
 * waits. Where the runtime has no such moment, at once.
 */
export const endOfTurn: () => Promise<void> = immediately
  ? () => new Promise((resolve) => immediately(resolve))
  : () => Promise.resolve()
