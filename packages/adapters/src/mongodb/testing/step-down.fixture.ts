import { MongoClient, MongoNetworkError, MongoServerError } from 'mongodb'

/** Nobody else is ready, or an election is under way: asked again a moment later, it works. */
const notNow = new Set([
  91, // ShutdownInProgress
  117, // ConflictingOperationInProgress
  189, // PrimarySteppedDown
  262, // ExceededTimeLimit
  10107, // NotWritablePrimary
  11602, // InterruptedDueToReplStateChange
])

/**
 * Makes the primary give up its role: asks until it does, or a test would count a step-down that never was. Alone in its
 * set it takes the role back after the time it named.
 */
export async function stepDown(url: string, members: number): Promise<void> {
  const deadline = Date.now() + 30_000
  const client = await MongoClient.connect(url)
  try {
    for (;;) {
      try {
        await client.db('admin').command({ replSetStepDown: 2, secondaryCatchUpPeriodSecs: 1, force: members === 1 })
        return
      } catch (error) {
        const passes =
          error instanceof MongoNetworkError || (error instanceof MongoServerError && notNow.has(Number(error.code)))
        if (!passes || Date.now() > deadline) throw error
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
  } finally {
    await client.close()
  }
}
