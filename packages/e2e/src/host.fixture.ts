import type { Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'

/** A page of somebody's site, as their own server sends it. */
export interface HostPage {
  readonly html: string
  readonly headers?: { readonly [name: string]: string }
}

/** A site that is not ours: another origin, its own pages. */
export interface Host {
  readonly origin: string
  /** Pages by path. May be changed while the host runs. */
  readonly pages: Map<string, HostPage>
  close(): Promise<void>
}

/** Starts a site on a free port. `name` makes sites of one machine different sites for the browser. */
export async function startHost(name = '127.0.0.1'): Promise<Host> {
  const pages = new Map<string, HostPage>()
  const server = createServer((request, response) => {
    const page = pages.get(new URL(request.url ?? '/', 'http://host').pathname)
    if (page) send(response, 200, page)
    else send(response, 404, { html: 'Nothing here' })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://${name}:${portOf(server)}`, pages, close: () => closeServer(server) }
}

function send(response: ServerResponse, status: number, page: HostPage): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    ...page.headers,
  })
  response.end(page.html)
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The host does not listen')
  return address.port
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

/** A small article with the script tag as a site owner pastes it. */
export function articlePage(script: string, options: { readonly title?: string; readonly head?: string } = {}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${options.title ?? 'An article'}</title>
${options.head ?? ''}
</head>
<body>
<main>
<h1>${options.title ?? 'An article'}</h1>
<p>Something was said here.</p>
${script}
</main>
</body>
</html>`
}
