import type { Hono } from 'hono'
import type { Asset, Assets, Bytes } from '../ports/index.ts'
import { contentHash } from '../engine/hash.ts'
import { gzip } from '../runtime/gzip.ts'
import { packedResponse } from './respond.ts'

interface ReadyAsset {
  readonly plain: Bytes
  readonly gzip: Bytes
  readonly etag: string
}

/** Serves the widget's files from memory, compressed once. */
export function assetRoutes(app: Hono, assets: Assets): void {
  // Files and not promises of files: on Workers a promise dies with the request that made it.
  const ready = new Map<string, ReadyAsset>()

  for (const [name, asset] of Object.entries(assets)) {
    app.get(`/${name}`, async (c) => {
      const file = ready.get(name) ?? (await prepare(asset))
      ready.set(name, file)
      return assetResponse(c.req.raw, asset, file)
    })
  }
}

async function prepare(asset: Asset): Promise<ReadyAsset> {
  const plain = new TextEncoder().encode(asset.body)
  return { plain, gzip: await gzip(plain), etag: `"${await contentHash(plain)}"` }
}

function assetResponse(request: Request, asset: Asset, file: ReadyAsset): Response {
  const headers: { [name: string]: string } = {
    'content-type': asset.type,
    'cache-control': asset.immutable
      ? 'public, max-age=31536000, immutable'
      : 'public, max-age=300, stale-while-revalidate=86400',
    etag: file.etag,
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
    // A module that a page imports from another origin is fetched by CORS, and a page with COEP needs the second one.
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  }
  if (request.headers.get('if-none-match')?.includes(file.etag)) return new Response(null, { status: 304, headers })
  if (!/\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')) return new Response(file.plain, { headers })
  return packedResponse(file.gzip, { ...headers, 'content-encoding': 'gzip' })
}
