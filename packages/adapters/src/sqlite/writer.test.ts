import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import type { Database } from './database.ts'
import { createWriter } from './writer.ts'
import type { Writer } from './writer.ts'

describe('writer', () => {
  let handle: DatabaseSync
  let db: Database
  let writer: Writer
  let transactions: string[]

  beforeEach(() => {
    handle = new DatabaseSync(':memory:')
    handle.exec('CREATE TABLE t (x INTEGER PRIMARY KEY)')
    const plain = openDatabase(handle, 1000)
    transactions = []
    db = {
      ...plain,
      run(sql, ...values) {
        if (!sql.startsWith('INSERT')) transactions.push(sql)
        return plain.run(sql, ...values)
      },
    }
    writer = createWriter(db)
  })
  afterEach(() => handle.close())

  const insert = (x: number) => db.run('INSERT INTO t VALUES (?)', x)
  const stored = () => db.all('SELECT x FROM t ORDER BY x').map(([x]) => x)

  test('puts everything that waits in one turn into one transaction', async () => {
    const answers = await Promise.all([1, 2, 3].map((x) => writer.write(() => insert(x) * x)))
    expect(answers).toEqual([1, 2, 3])
    expect(transactions).toEqual(['BEGIN IMMEDIATE', 'COMMIT'])
    expect(stored()).toEqual([1, 2, 3])
  })

  test('also what comes from other callbacks of the same turn', async () => {
    const later = [1, 2, 3].map(
      (x) =>
        new Promise((resolve, reject) => {
          setTimeout(() => void writer.write(() => insert(x)).then(resolve, reject), 0)
        }),
    )
    // Timers that are due together run in one turn; keep the loop from serving them one by one.
    const until = performance.now() + 5
    while (performance.now() < until);
    await Promise.all(later)
    expect(transactions).toEqual(['BEGIN IMMEDIATE', 'COMMIT'])
  })

  test('answers only after the transaction is durable', async () => {
    const order: string[] = []
    const plain = db.run
    db.run = (sql, ...values) => {
      order.push(sql)
      return plain(sql, ...values)
    }
    await writer.write(() => 1).then(() => order.push('answer'))
    expect(order).toEqual(['BEGIN IMMEDIATE', 'COMMIT', 'answer'])
  })

  test('does not let one that fails undo its neighbours, whatever it had written', async () => {
    const outcomes = await Promise.allSettled([
      writer.write(() => insert(1)),
      writer.write(() => {
        insert(2)
        insert(3)
        throw new Error('Half-way')
      }),
      writer.write(() => insert(4)),
      writer.write(() => insert(1)),
      writer.write(() => insert(5)),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(outcomes[1]).toMatchObject({ reason: { message: 'Half-way' } })
    expect(outcomes[3]).toMatchObject({ reason: { code: 'store_failed' } })
    expect(stored()).toEqual([1, 4, 5])
    expect(handle.isTransaction).toBe(false)
  })

  test('goes on after a failure', async () => {
    await expect(
      writer.write(() => {
        insert(1)
        throw new Error('No')
      }),
    ).rejects.toThrow('No')
    await writer.write(() => insert(2))
    expect(stored()).toEqual([2])
  })

  test('runs changes in the order they came', async () => {
    const order: number[] = []
    await Promise.all(
      Array.from({ length: 600 }, (_, i) =>
        writer.write(() => {
          order.push(i)
        }),
      ),
    )
    expect(order).toEqual(Array.from({ length: 600 }, (_, i) => i))
    // Readers get their turn in between.
    expect(transactions.filter((sql) => sql === 'COMMIT').length).toBe(3)
  })

  test('is idle once everything is written, also what was added meanwhile', async () => {
    const first = writer.write(() => insert(1)).then(() => writer.write(() => insert(2)))
    await writer.idle()
    await first
    await writer.idle()
    expect(stored()).toEqual([1, 2])
  })
})
