import { randomBytes } from 'node:crypto'
import { demoArticle, secondArticle } from './demo.ts'
import type { Article } from './demo.ts'
import { homeBody } from './home.ts'
import { contentSecurityPolicy, renderPage } from './html.ts'
import { pageCss } from './styles.ts'

/** The site of the demo pages. */
export const demoSite = 'demo'

/** What a page may say about the server. */
export interface PageContext {
  /** Where readers reach the server, without a final slash. */
  readonly publicUrl: string
  readonly hasWidget: boolean
  readonly nonce: string
  /** Path in front of the server's own addresses, without a final slash. */
  readonly base: string
}

/** Answers the server's own pages; `null` for everything else. */
export function createPages(options: {
  readonly demo: boolean
  readonly hasWidget: boolean
  readonly publicUrl: () => string
}): (request: Request) => Response | null {
  return (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return null
    const { pathname } = new URL(request.url)
    if (pathname === '/page.css') {
      const headers = { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-cache' }
      return new Response(pageCss, { headers: { ...headers, 'x-content-type-options': 'nosniff' } })
    }
    const article = options.demo ? demoPages.get(pathname) : undefined
    if (article === undefined && pathname !== '/') return null

    const publicUrl = options.publicUrl()
    const context: PageContext = {
      publicUrl,
      hasWidget: options.hasWidget,
      nonce: randomBytes(16).toString('base64'),
      base: new URL(publicUrl).pathname.replace(/\/$/, ''),
    }
    const { title, body } = article?.(context) ?? { title: 'Confab', body: homeBody(context) }
    return htmlResponse(renderPage({ title, body, path: pathname, ...context }), context.nonce)
  }
}

const demoPages = new Map<string, (context: PageContext) => Article>([
  ['/', demoArticle],
  ['/second', secondArticle],
])

function htmlResponse(html: string, nonce: string): Response {
  return new Response(html, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': contentSecurityPolicy(nonce),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'strict-origin-when-cross-origin',
      'cross-origin-opener-policy': 'same-origin',
      // A nonce must never come twice.
      'cache-control': 'no-store',
    },
  })
}
