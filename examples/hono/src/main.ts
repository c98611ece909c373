import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { html } from 'hono/html'
import { createConfab } from '@confab/core'
import { sqlite } from '@confab/adapters/sqlite'
import { assets } from '@confab/widget/assets'

// The host's own users. A real app has a database and sessions; what matters here is that Confab asks the host.
const users = new Map([
  ['ada', { id: 'ada', name: 'Ada Lovelace', roles: ['moderator'] }],
  ['grace', { id: 'grace', name: 'Grace Hopper', roles: ['member'] }],
])

const sessionUser = (cookie: string | null): string => /(?:^|;\s*)session=(\w+)/.exec(cookie ?? '')?.[1] ?? ''

const confab = createConfab({
  store: sqlite(process.env['CONFAB_DB'] ?? 'comments.db'),
  sites: [{ id: 'blog', origins: ['http://localhost:3000'] }],
  identify: (request) => users.get(sessionUser(request.headers.get('cookie'))) ?? null,
  assets,
})
await confab.start()

const app = new Hono()
app.route('/comments', confab.router)
app.get('/', (c) =>
  c.html(
    html`<!doctype html>
      <html lang="en">
        <title>Hello</title>
        <h1>Hello</h1>
        <p>
          You are ${users.get(getCookie(c, 'session') ?? '')?.name ?? 'not signed in'}. Be
          <a href="/login/ada">Ada</a> or <a href="/login/grace">Grace</a>.
        </p>
        <script src="/comments/embed.js" data-site="blog" async></script>
      </html>`,
  ),
)
app.get('/login/:user', (c) => {
  setCookie(c, 'session', c.req.param('user'), { httpOnly: true, sameSite: 'Lax', path: '/' })
  return c.redirect('/')
})

const server = serve(
  { fetch: app.fetch, port: Number(process.env['PORT'] ?? 3000), hostname: '127.0.0.1' },
  ({ port }) => console.log(`Listening on http://127.0.0.1:${port}`),
)

async function stop(): Promise<void> {
  server.close()
  await confab.close()
  // Browsers keep their connections open, and would keep the process.
  if ('closeAllConnections' in server) server.closeAllConnections()
}

process.once('SIGTERM', () => void stop())
