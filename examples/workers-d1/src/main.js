import { env, waitUntil } from 'cloudflare:workers'
import { createConfab } from '@confab/core'
import { d1 } from '@confab/adapters/d1'
import { durableBus } from '@confab/adapters/durable'
import { assets } from '@confab/widget/assets'

// The hub of each live thread; wrangler.jsonc binds it as TOPICS.
export { LiveTopic } from '@confab/adapters/durable'

const store = d1(env.DB)

const confab = createConfab({
  store,
  sites: [{ id: 'blog', origins: ['https://blog.example.org'] }],
  // Signs guests' cookies: wrangler secret put SECRET
  secret: env.SECRET,
  bus: durableBus(env.TOPICS, { waitUntil }),
  basePath: '/comments',
  assets,
})

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Hello</title>
<h1>Hello</h1>
<script src="/comments/embed.js" data-site="blog" async></script>
</html>`

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/comments/')) {
      // Makes the tables. Once that has been done, an isolate asks nothing more.
      await store.migrate().catch(console.error)
      return confab.fetch(request)
    }
    return new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } })
  },

  // A Cron Trigger: nothing else runs beside requests here.
  async scheduled() {
    await store.migrate()
    await confab.runJobs()
  },
}
