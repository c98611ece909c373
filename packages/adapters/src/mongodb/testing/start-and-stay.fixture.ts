import { startMongod } from './mongod.fixture.ts'

// Starts a server and never stops it, so that a test can see what is left when this process is killed.
const { url } = await startMongod(String(process.argv[2]), 1)
console.log(url)
setInterval(() => {}, 60_000)
