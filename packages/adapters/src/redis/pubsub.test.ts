import { randomUUID } from 'node:crypto'
import { pubSubSuite } from '@confab/core/testing'
import type { Redis } from 'ioredis'
import * as runner from 'vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisPubSub } from './index.ts'
import type { RedisServer } from './redis.fixture.ts'
import { connect, missingRedis, ready, redisVersion, startRedis } from './redis.fixture.ts'

const missing = missingRedis()
const bytes = (text: string) => new TextEncoder().encode(text)

describe.runIf(missing === null)(`messages over redis-server ${redisVersion}`, () => {
  let server: RedisServer
  let client: Redis
  beforeAll(async () => {
    server = await startRedis()
    client = await ready(connect(server.port))
  })
  afterAll(async () => {
    client.disconnect()
    await server.stop()
  })

  pubSubSuite(runner, 'redis', {
    setup: async () => {
      const prefix = `${randomUUID()}[*]:`
      const [here, there] = [redisPubSub(client, { prefix }), redisPubSub(client, { prefix })]
      // Until they listen, what they are told is lost: a first subscription waits for the connection.
      for (const bus of [here, there]) await listening(bus)
      return { here, there }
    },
  })

  async function listening(bus: ReturnType<typeof redisPubSub>): Promise<void> {
    let heard = false
    const stop = await bus.subscribe('hello', () => (heard = true))
    await expect
      .poll(async () => {
        await bus.publish('hello', bytes('x')).catch(() => undefined)
        return heard
      })
      .toBe(true)
    await stop()
  }

  test('a lost connection is told once it is back, with every subscription', async () => {
    const bus = redisPubSub(client, { restMs: 50 })
    await listening(bus)
    const seen: string[] = []
    await bus.subscribe('a/b', (topic) => seen.push(topic))
    await bus.subscribe('c/#', (topic) => seen.push(topic))
    let drops = 0
    bus.onDrop(() => (drops += 1))
    await server.kill()
    await expect
      .poll(() => bus.publish('lost', bytes('x')).catch((error) => error.code), { timeout: 5_000 })
      .toBe('bus_offline')
    await bus.subscribe('e/f', (topic) => seen.push(topic))
    expect(drops).toBe(0)
    await server.restart()
    await expect.poll(() => drops, { timeout: 5_000 }).toBeGreaterThan(0)
    await expect.poll(() => bus.publish('a/b', bytes('x')).then(() => 'sent', String), { timeout: 5_000 }).toBe('sent')
    for (const topic of ['c/d', 'e/f']) await bus.publish(topic, bytes('x'))
    await expect.poll(() => seen).toEqual(['a/b', 'c/d', 'e/f'])
    await bus.close()
  })

  test('a process that only speaks is told as well', async () => {
    const bus = redisPubSub(client, { restMs: 50 })
    let drops = 0
    bus.onDrop(() => (drops += 1))
    await bus.publish('a', bytes('x'))
    await server.kill()
    await expect
      .poll(() => bus.publish('a', bytes('x')).catch((error) => error.code), { timeout: 5_000 })
      .toBe('bus_offline')
    await server.restart()
    await expect.poll(() => drops, { timeout: 5_000 }).toBeGreaterThan(0)
    await bus.publish('a', bytes('x'))
    await bus.close()
  })

  test('closes what it made and nothing else', async () => {
    const made: Redis[] = []
    const bus = redisPubSub(() => {
      const fresh = connect(server.port)
      made.push(fresh)
      return fresh
    })
    await listening(bus)
    expect(made).toHaveLength(1)
    await bus.close()
    await expect.poll(() => made.map((each) => each.status)).toEqual(['end'])
    expect(await client.ping()).toBe('PONG')
    await expect.poll(() => client.client('LIST')).not.toContain('cmd=subscribe')
  })
})

test('says what ran', () => {
  expect(missing ?? redisVersion).toBeTruthy()
})
