import { parseArgs } from 'node:util'
import { startStandIn } from './stand-in/stand-in.fixture.ts'

// The stand-in as a program with the flags of the real one, so that the way to start a real one can be tried anywhere.
const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    bind_ip: { type: 'string' },
    replSet: { type: 'string' },
    dbpath: { type: 'string' },
    logpath: { type: 'string' },
    oplogSize: { type: 'string' },
    wiredTigerCacheSizeGB: { type: 'string' },
  },
})
await startStandIn({ members: 1, port: Number(values.port), setName: String(values.replSet) })
