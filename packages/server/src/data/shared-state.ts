import { randomBytes, randomUUID } from 'node:crypto'
import type { Store, StoredRecord } from '@confab/core/ports'

/** A holder that dies is waited for this long. */
const leaseMs = 60_000
const renewMs = 15_000

/** A secret that is made on first use and kept in the store, the same for every process that uses it. */
export async function sharedSecret(store: Store, name: string): Promise<string> {
  const records = store.records({ name: 'secrets', indexes: {} })
  await records.write('', [{ put: { id: name, value: randomBytes(32).toString('base64url') }, ifRev: 'absent' }])
  const record = await records.get('', name)
  if (typeof record?.['value'] !== 'string') throw new Error('The secret in the store cannot be read')
  return record['value']
}

/** Something that only one process may do at a time, wherever it runs; `null` when another one does it. */
export async function sharedLock(store: Store, name: string): Promise<{ release(): Promise<void> } | null> {
  const records = store.records({ name: 'locks', indexes: {} })
  const holder = randomUUID()
  const lease = (): { id: string; holder: string; until: number } => ({
    id: name,
    holder,
    until: Date.now() + leaseMs,
  })
  const present = await records.get('', name)
  if (present !== null && Number(present['until']) > Date.now()) return null
  const [taken] = await records.write('', [{ put: lease(), ifRev: present?.rev ?? 'absent' }])
  if (taken !== 'ok') return null
  const mine = async (): Promise<StoredRecord | null> => {
    const record = await records.get('', name)
    return record?.['holder'] === holder ? record : null
  }
  async function renew(): Promise<void> {
    const record = await mine()
    if (record !== null) await records.write('', [{ put: lease(), ifRev: record.rev }])
  }
  // A store that is away for a moment is asked again in time.
  const timer = setInterval(() => void renew().catch(() => {}), renewMs)
  timer.unref()
  return {
    async release() {
      clearInterval(timer)
      const record = await mine()
      if (record !== null) await records.write('', [{ del: name, ifRev: record.rev }])
    },
  }
}
