import express from 'express'
import { createConfab } from '@confab/core'
import { toNodeHandler } from '@confab/core/node'
import { sqlite } from '@confab/adapters/sqlite'
import { assets } from '@confab/widget/assets'

const confab = createConfab({
  store: sqlite(process.env['CONFAB_DB'] ?? 'comments.db'),
  sites: [{ id: 'blog', origins: ['http://localhost:3000'] }],
  assets,
})
await confab.start()

const app = express()
// A body parser in front does no harm.
app.use(express.json())
app.use('/comments', toNodeHandler(confab))
app.get('/', (_request, response) => {
  response.type('html').send(`<!doctype html>
<html lang="en">
<title>Hello</title>
<h1>Hello</h1>
<script src="/comments/embed.js" data-site="blog" async></script>
</html>`)
})

const server = app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  console.log(`Listening on http://127.0.0.1:${server.address().port}`)
})

async function stop() {
  server.close()
  await confab.close()
  // Browsers keep their connections open, and would keep the process.
  server.closeAllConnections()
}

process.once('SIGTERM', () => void stop())
