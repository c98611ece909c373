import { execFileSync } from 'node:child_process'
import { createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AedesOptions } from 'aedes'
import { connectAsync } from 'mqtt'
import type { IClientOptions, MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Broker } from './broker.fixture.ts'
import { missingMosquitto, mosquittoVersion, startAedes, startMosquitto } from './broker.fixture.ts'
import type { MqttRule } from './index.ts'
import { mosquittoRole, mqttAcl, mqttAllows, mqttClaims, mqttPubSub } from './index.ts'

const thread = '0123456789abcdefghjk'
const own = [`c/1/blog/t/${thread}/e`, 'c/1/blog/u/u1/n']
const deep = Array.from({ length: 2_000 }, () => 'a').join('/')

/** What a device has no business with. */
const foreignFilters = [
  '#',
  '+/#',
  'c/#',
  'c/1/#',
  'c/1/blog/#',
  'c/1/blog/t/#',
  'c/1/blog/t/+/e',
  'c/1/blog/t/+/+',
  'c/1/+/t/+/e',
  `c/1/+/t/${thread}/e`,
  `c/1/blog/t/${thread}/#`,
  `c/1/blog/t/${thread}/y`,
  `c/1/blog/t/${thread}/e/x`,
  `c/1/shop/t/${thread}/e`,
  'c/1/blog/u/+/n',
  'c/1/blog/u/u2/n',
  'c/1/blog/u/u1/#',
  'c/1/blog/mod',
  'c/1/blog/cfg',
  'c/1/inv/#',
  'c/1/inv/3',
  'c/1/sys/revoke',
  '$SYS/#',
  '$share/g/c/1/blog/t/+/e',
  `c/1/blog/t/${'x/'.repeat(50)}e`,
  deep,
]

const foreignTopics = [...own, 'c/1/blog/mod', 'c/1/blog/cfg', 'c/1/inv/3', 'c/1/sys/revoke', 'other', deep]

describe('rules', () => {
  const rules = mqttAcl({ site: 'blog', user: 'u1' })

  test('a device follows single threads of its site and its own notifications, and publishes nothing', () => {
    for (const topic of own) expect(mqttAllows(rules, 'subscribe', topic), topic).toBe(true)
    for (const topic of [...foreignFilters, '', '\0', 'c/1/blog/t//e/']) {
      expect(mqttAllows(rules, 'subscribe', topic), topic).toBe(false)
    }
    for (const topic of foreignTopics) expect(mqttAllows(rules, 'publish', topic), topic).toBe(false)
    expect(mqttAllows([], 'subscribe', 'a')).toBe(false)
  })

  test('without a user there are no notifications', () => {
    expect(mqttAllows(mqttAcl({ site: 'blog' }), 'subscribe', 'c/1/blog/u//n')).toBe(false)
    expect(mqttAllows(mqttAcl({ site: 'blog' }), 'subscribe', 'c/1/blog/u/undefined/n')).toBe(false)
  })

  test.each(['+', '#', 'u1/n', '../u2', '${username}', '%u', 'ü', ' ', 'eq x', 'a\0b'])(
    'a user whose id is %s gets one topic and nobody else’s',
    (user) => {
      const topics = mqttAcl({ site: 'blog', user }).flatMap(({ topic }) => (topic.includes('/u/') ? [topic] : []))
      expect(topics).toHaveLength(1)
      for (const topic of topics) {
        expect(topic.split('/')).toHaveLength(6)
        expect(topic).not.toMatch(/[+#${}\0 ]/)
        expect(mqttAllows(mqttAcl({ site: 'blog', user }), 'subscribe', topic)).toBe(true)
      }
      expect(mqttAllows(mqttAcl({ site: 'blog', user }), 'subscribe', 'c/1/blog/u/u2/n')).toBe(false)
    },
  )

  test.each(['', '+', 'blog/t', 'Blog', 'x'.repeat(65)])('a site that is called %s is refused', (site) => {
    expect(() => mqttAcl({ site })).toThrow(TypeError)
  })

  test('claims always end', () => {
    expect(mqttClaims({ site: 'blog', user: 'u1', expiresAt: 1_700_000_000_999 })).toEqual({
      sub: 'u1',
      exp: 1_700_000_000,
      acl: rules,
    })
    expect(() => mqttClaims({ site: 'blog', expiresAt: Number.NaN })).toThrow(TypeError)
  })
})

/** A broker on which `device` may do what the rules of `u1` on `blog` allow. */
interface Secured {
  readonly broker: Broker
  readonly device: IClientOptions
  readonly server: { readonly username: string; readonly password: string; readonly protocolVersion: 4 | 5 }
  readonly refused: readonly IClientOptions[]
}

const secret = randomBytes(32)

/** HMAC by hand: the test must not depend on what signs real tokens. */
function sign(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

function rulesOf(token: string): readonly MqttRule[] | null {
  const [head, body, signature] = token.split('.')
  const expected = createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url')
  if (body === undefined || signature !== expected) return null
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as ReturnType<typeof mqttClaims>
  return claims.exp * 1000 > Date.now() ? claims.acl : null
}

/** A broker that reads tokens, as EMQX does. */
async function securedAedes(): Promise<Secured> {
  const everything: readonly MqttRule[] = [{ permission: 'allow', action: 'all', topic: 'c/1/#' }]
  const rules = new WeakMap<object, readonly MqttRule[]>()
  const server = { username: 'confab', password: randomBytes(16).toString('hex'), protocolVersion: 4 as const }
  const options: AedesOptions = {
    authenticate(client, username, password, done) {
      const text = password?.toString() ?? ''
      const isServer = username === server.username && text === server.password
      const found = isServer ? everything : rulesOf(text)
      if (found) rules.set(client, found)
      done(null, found !== null)
    },
    authorizePublish(client, packet, done) {
      const isServer = client !== null && rules.get(client) === everything
      done(isServer && packet.topic.startsWith('c/1/') ? null : new Error('Not allowed'))
    },
    authorizeSubscribe(client, subscription, done) {
      const own = rules.get(client) ?? []
      const isServer = own === everything && subscription.topic.startsWith('c/1/')
      done(null, isServer || mqttAllows(own, 'subscribe', subscription.topic) ? subscription : null)
    },
  }
  const claims = mqttClaims({ site: 'blog', user: 'u1', expiresAt: Date.now() + 600_000 })
  const usual = { protocolVersion: 4 as const, username: 'u1' }
  return {
    broker: await startAedes(options),
    server,
    device: { ...usual, password: sign(claims) },
    refused: [
      { ...usual, password: '' },
      { ...usual, password: sign({ ...claims, exp: 1 }) },
      { ...usual, password: `${sign(claims).slice(0, -2)}AA` },
      { ...usual, username: server.username, password: 'guess' },
    ],
  }
}

const plugin = [
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib',
  '/usr/local/lib',
  '/opt/homebrew/lib',
]
  .map((folder) => join(folder, 'mosquitto_dynamic_security.so'))
  .find((path) => existsSync(path))

/** Mosquitto with accounts and roles. */
async function securedMosquitto(): Promise<Secured> {
  const [serverPassword, devicePassword] = ['server password', 'device password']
  const account = (username: string, password: string, rolename: string) => {
    const salt = randomBytes(12)
    const hash = pbkdf2Sync(password, salt, 101, 64, 'sha512')
    const roles = [{ rolename, priority: 1 }]
    return { username, password: hash.toString('base64'), salt: salt.toString('base64'), iterations: 101, roles }
  }
  const config = {
    defaultACLAccess: { publishClientSend: false, publishClientReceive: true, subscribe: false, unsubscribe: true },
    clients: [account('confab', serverPassword, 'server'), account('u1', devicePassword, 'device')],
    groups: [],
    roles: [
      mosquittoRole('server', [{ permission: 'allow', action: 'all', topic: 'c/1/#' }]),
      mosquittoRole('device', mqttAcl({ site: 'blog', user: 'u1' })),
    ],
  }
  const broker = await startMosquitto((folder) => {
    const file = join(folder, 'security.json')
    writeFileSync(file, JSON.stringify(config))
    return `allow_anonymous false\nplugin ${plugin}\nplugin_opt_config_file ${file}`
  })
  const usual = { protocolVersion: 5 as const, username: 'u1' }
  return {
    broker,
    server: { username: 'confab', password: serverPassword, protocolVersion: 5 },
    device: { ...usual, password: devicePassword },
    refused: [
      { protocolVersion: 5 },
      { ...usual, password: 'wrong' },
      { ...usual, username: 'u2', password: devicePassword },
    ],
  }
}

const missing = missingMosquitto()

describe.each([
  { name: 'aedes with tokens', start: securedAedes, isHere: true },
  {
    name: `mosquitto ${mosquittoVersion} with roles`,
    start: securedMosquitto,
    isHere: missing === null && plugin !== undefined,
  },
])('devices at $name', ({ start, isHere }) => {
  describe.runIf(isHere)('meet the rules', () => {
    let secured: Secured
    beforeAll(async () => {
      secured = await start()
    })
    afterAll(async () => {
      await secured.broker.stop()
    })

    async function connectDevice(options: IClientOptions = {}): Promise<MqttClient> {
      const client = await connectAsync(secured.broker.url, { ...secured.device, reconnectPeriod: 0, ...options })
      client.on('error', () => undefined)
      onTestFinished(() => client.endAsync(true))
      return client
    }

    async function connectServer() {
      const bus = mqttPubSub(secured.broker.url, secured.server)
      onTestFinished(() => bus.close())
      const text = (topic: string): Promise<void> => bus.publish(topic, new TextEncoder().encode('from the server'))
      await expect
        .poll(() =>
          text('c/1/blog/hello').then(
            () => true,
            () => false,
          ),
        )
        .toBe(true)
      const heard: string[] = []
      await bus.subscribe('c/1/#', (topic, payload) => heard.push(`${topic}: ${new TextDecoder().decode(payload)}`))
      return { heard, text }
    }

    test('who has no valid pass does not come in', async () => {
      for (const options of secured.refused) {
        const attempt = connectAsync(secured.broker.url, { ...options, reconnectPeriod: 0 }, false)
        await expect(attempt, JSON.stringify(options)).rejects.toThrow(/refused|closed/i)
      }
    })

    test('a device hears its threads and its notifications', async () => {
      const server = await connectServer()
      const device = await connectDevice()
      const heard: string[] = []
      device.on('message', (topic) => heard.push(topic))
      for (const topic of own) await device.subscribeAsync(topic, { qos: 1 })
      for (const topic of [...own, `c/1/shop/t/${thread}/e`]) await server.text(topic)
      await expect.poll(() => heard).toEqual(own)
    })

    test('everything else is refused, however wide or deep, and the broker lives', async () => {
      const device = await connectDevice()
      for (const filter of foreignFilters) {
        const other = device.connected ? device : await connectDevice()
        await expect(ask(other, filter), filter.slice(0, 60)).resolves.not.toBe('granted')
      }
      const survivor = await connectDevice()
      await survivor.subscribeAsync(own[0] ?? '', { qos: 0 })
    })

    test('a device publishes nothing, neither now nor as its last will', async () => {
      const server = await connectServer()
      for (const topic of foreignTopics) {
        const device = await connectDevice()
        for (const retain of [false, true]) device.publish(topic, 'forged', { qos: 1, retain }, () => undefined)
        await new Promise<void>((resolve) => {
          device.once('close', () => resolve())
          device.publish('c/1/blog/mod', 'forged', { qos: 1 }, () => resolve())
        })
      }
      const will = { topic: own[0] ?? '', payload: Buffer.from('forged'), qos: 1 as const, retain: false }
      const dying = await connectDevice({ will }).catch(() => null)
      dying?.stream.destroy()
      // Whoever comes later would be given what was kept.
      const other = await connectServer()
      await other.text('c/1/blog/really-last')
      await expect.poll(() => server.heard.at(-1)).toBe('c/1/blog/really-last: from the server')
      expect(server.heard.filter((line) => line.includes('forged'))).toEqual([])
      expect(other.heard.filter((line) => line.includes('forged'))).toEqual([])
    })
  })
})

/** What comes of a subscription: granted, refused, or the connection ends. */
function ask(device: MqttClient, filter: string): Promise<'granted' | 'refused' | 'closed'> {
  return new Promise((resolve) => {
    const onClose = (): void => resolve('closed')
    device.once('close', onClose)
    device
      .subscribeAsync(filter, { qos: 0 })
      .then(
        () => resolve('granted'),
        () => resolve('refused'),
      )
      .finally(() => device.off('close', onClose))
  })
}

describe.runIf(missing === null)(`a backplane on mosquitto ${mosquittoVersion} with an access file`, () => {
  test('only the account of the servers speaks and hears', async () => {
    const broker = await startMosquitto((folder) => {
      const [passwords, access] = [join(folder, 'passwords'), join(folder, 'access')]
      for (const [flag, name] of [
        ['-c', 'confab'],
        ['', 'phone'],
      ] as const) {
        execFileSync('mosquitto_passwd', ['-b', ...(flag === '' ? [] : [flag]), passwords, name, 'a password'])
      }
      writeFileSync(access, 'user confab\ntopic readwrite c/1/#\n')
      return `allow_anonymous false\npassword_file ${passwords}\nacl_file ${access}`
    })
    onTestFinished(() => broker.stop())
    const login = { password: 'a password', reconnectPeriod: 0, protocolVersion: 5 as const }
    await expect(connectAsync(broker.url, { reconnectPeriod: 0 }, false)).rejects.toThrow(/refused/i)
    const [one, two] = ['one', 'two'].map(() => mqttPubSub(broker.url, { username: 'confab', password: 'a password' }))
    const phone = await connectAsync(broker.url, { ...login, username: 'phone' })
    onTestFinished(async () => {
      await phone.endAsync(true)
      await one?.close()
      await two?.close()
    })
    const heard: string[] = []
    const stolen: string[] = []
    phone.on('message', (topic) => stolen.push(topic))
    await phone.subscribeAsync('#', { qos: 1 }).catch(() => undefined)
    const hello = new TextEncoder().encode('hello')
    await expect
      .poll(() =>
        one?.publish('c/1/a', hello).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
    await one?.subscribe('c/1/#', (topic, payload) => heard.push(`${topic} ${new TextDecoder().decode(payload)}`))
    await expect(phone.publishAsync('c/1/b', 'forged', { qos: 1 })).rejects.toThrow(/not authorized/i)
    await expect
      .poll(() =>
        two?.publish('c/1/c', hello).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true)
    await expect.poll(() => heard).toEqual(['c/1/c hello'])
    expect(stolen).toEqual([])
  })
})

test('says what ran', () => {
  const isLacking = missing === null && plugin === undefined
  if (isLacking) console.warn('mosquitto has no dynamic security plugin: roles were not tested')
  expect(isLacking && process.env['CONFAB_REQUIRE_SERVICES']).toBeFalsy()
  expect(missing ?? mosquittoVersion).toBeTruthy()
})
