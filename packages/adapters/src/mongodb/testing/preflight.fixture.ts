import { givenBinary, lookAtGiven } from './given-server.fixture.ts'

// Runs before `npm run test:mongodb`: a wrong URL is one sentence here, and a page of errors for each test file later.
try {
  const url = process.env['MONGODB_URL']
  if (url) await lookAtGiven(url)
  else givenBinary()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
