import { MongoClient } from 'mongodb'

/** Asks the primary to give up its role; alone in its set it takes the role back after the time it named. */
export async function stepDown(url: string, members: number): Promise<void> {
  const client = await MongoClient.connect(url)
  try {
    await client.db('admin').command({ replSetStepDown: 2, secondaryCatchUpPeriodSecs: 1, force: members === 1 })
  } catch (error) {
    // Older servers end the connection instead of answering; and right after an election nobody else may be ready.
    console.log(`step-down: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    await client.close()
  }
}
