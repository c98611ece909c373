import type { PubSub } from '@confab/core/ports'
import { pubSubSuite } from '@confab/core/testing'
import { connect, MqttClient } from 'mqtt'
import * as runner from 'vitest'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Broker } from './broker.fixture.ts'
import { missingMosquitto, mosquittoVersion, startAedes, startMosquitto } from './broker.fixture.ts'
import { connectTo } from './connect.ts'
import type { MqttPubSubOptions, MqttSource } from './index.ts'
import { mqttPubSub } from './index.ts'

const missing = missingMosquitto()
const bytes = (text: string) => new TextEncoder().encode(text)

describe.each([
  {
    name: `mosquitto ${mosquittoVersion}, MQTT 5`,
    start: () => startMosquitto(),
    protocolVersion: 5 as const,
    isHere: missing === null,
  },
  { name: 'aedes, MQTT 3.1.1', start: () => startAedes(), protocolVersion: 4 as const, isHere: true },
])('$name', ({ name, start, protocolVersion, isHere }) => {
  describe.runIf(isHere)('is a bus', () => {
    let broker: Broker
    const open: PubSub[] = []
    beforeAll(async () => {
      broker = await start()
    })
    afterAll(async () => {
      for (const bus of open) await bus.close()
      await broker.stop()
    })

    /** A bus that has found its broker. */
    async function bus(source: MqttSource, options: MqttPubSubOptions = {}): Promise<PubSub> {
      const fresh = mqttPubSub(source, { protocolVersion, ...options })
      open.push(fresh)
      await expect
        .poll(
          () =>
            fresh.publish('hello', bytes('x')).then(
              () => true,
              () => false,
            ),
          { timeout: 8_000 },
        )
        .toBe(true)
      return fresh
    }

    pubSubSuite(runner, name, { setup: async () => ({ here: await bus(broker.url), there: await bus(broker.url) }) })

    test('a lost connection is told once it is back, with every subscription', async () => {
      const [one, two] = [await bus(broker.url), await bus(broker.url)]
      const seen: string[] = []
      await one.subscribe('a/b', (topic) => seen.push(topic))
      await one.subscribe('c/#', (topic) => seen.push(topic))
      let drops = 0
      one.onDrop(() => (drops += 1))
      await broker.kill()
      await expect.poll(() => two.publish('a/b', bytes('x')).catch((error) => error.code)).toBe('bus_offline')
      // Nobody waits for a broker that is away.
      await one.subscribe('e/f', (topic) => seen.push(topic))
      expect(drops).toBe(0)
      await broker.restart()
      await expect.poll(() => drops, { timeout: 8_000 }).toBe(1)
      await expect
        .poll(() => two.publish('a/b', bytes('x')).then(() => 'sent', String), { timeout: 8_000 })
        .toBe('sent')
      for (const topic of ['c/d', 'e/f']) await two.publish(topic, bytes('x'))
      await expect.poll(() => seen).toEqual(['a/b', 'c/d', 'e/f'])
    })

    test('a process that only speaks is told as well', async () => {
      const speaks = mqttPubSub(broker.url, { protocolVersion })
      open.push(speaks)
      let drops = 0
      speaks.onDrop(() => (drops += 1))
      await expect(speaks.publish('a', bytes('x'))).rejects.toMatchObject({ code: 'bus_offline' })
      await expect.poll(() => drops, { timeout: 5_000 }).toBe(1)
      await speaks.publish('a', bytes('x'))
    })

    test('one subscription at the broker serves all who listen here', async () => {
      const one = await bus(broker.url)
      const seen: string[] = []
      const stops = []
      for (const who of ['x', 'y', 'z']) stops.push(await one.subscribe('shared', () => seen.push(who)))
      const other = await bus(broker.url)
      await other.publish('shared', bytes('1'))
      await expect.poll(() => seen).toEqual(['x', 'y', 'z'])
      for (const stop of stops.slice(1)) await stop()
      await other.publish('shared', bytes('2'))
      await expect.poll(() => seen).toEqual(['x', 'y', 'z', 'x'])
    })

    test('a process that dies is told to all, one that ends is not', async () => {
      const watcher = await bus(broker.url)
      const gone: string[] = []
      await watcher.subscribe('c/1/sys/i/#', (_topic, payload) => gone.push(new TextDecoder().decode(payload)), {
        qos: 1,
      })
      const ends = await bus(broker.url, { clientId: 'ends' })
      await ends.close()
      const dies = connectTo(broker.url, { clientId: 'dies', protocolVersion }, undefined)
      await expect.poll(() => dies.connected).toBe(true)
      if (dies instanceof MqttClient) dies.stream.destroy()
      await expect.poll(() => gone).toEqual(['dies'])
      await dies.endAsync(true)
    })

    test('a client of yours stays as it was', async () => {
      const mine = connect(broker.url, { protocolVersion: 4 })
      const before = ['connect', 'close', 'error', 'message'].map((event) => mine.listenerCount(event as 'close'))
      const one = await bus(mine)
      const seen: string[] = []
      await one.subscribe('mine', (topic) => seen.push(topic))
      await one.publish('mine', bytes('x'))
      await expect.poll(() => seen).toEqual(['mine'])
      await one.close()
      expect(mine.connected).toBe(true)
      expect(['connect', 'close', 'error', 'message'].map((event) => mine.listenerCount(event as 'close'))).toEqual(
        before,
      )
      await mine.endAsync()
    })

    test('finds out which version the broker speaks', async () => {
      const begin = performance.now()
      await bus(broker.url, { protocolVersion: 5 })
      expect(performance.now() - begin).toBeLessThan(1_000)
    })

    test('an address where nobody listens keeps nobody waiting and fails nothing else', async () => {
      const lost = mqttPubSub('mqtt://127.0.0.1:1')
      const begin = performance.now()
      const stop = await lost.subscribe('a', () => {})
      await expect(lost.publish('a', bytes('x'))).rejects.toMatchObject({ code: 'bus_offline' })
      await stop()
      await lost.close()
      expect(performance.now() - begin).toBeLessThan(1_000)
    })
  })
})

test.runIf(missing === null)('a broker that stands still holds up neither a subscription nor the end', async () => {
  const broker = await startMosquitto()
  onTestFinished(() => broker.stop())
  const bus = mqttPubSub(broker.url, { timeoutMs: 200 })
  const hello = () => bus.publish('a', bytes('x'))
  await expect
    .poll(() =>
      hello().then(
        () => true,
        () => false,
      ),
    )
    .toBe(true)
  broker.pause()
  const begin = performance.now()
  await bus.subscribe('a', () => {})
  await hello()
  await bus.close()
  expect(performance.now() - begin).toBeLessThan(3_000)
})

test('says what ran', () => {
  expect(missing ?? mosquittoVersion).toBeTruthy()
})
