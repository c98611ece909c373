const escapes: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it stands in HTML, also inside a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? character)
}

/** One page of the server's own. `body` is HTML. */
export interface PageParts {
  readonly title: string
  readonly body: string
  /** Path of the page, for its canonical address. */
  readonly path: string
  /** Path in front of the server's own addresses, without a final slash. */
  readonly base: string
  readonly nonce: string
}

/** A whole document. */
export function renderPage({ title, body, path, base, nonce }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="canonical" href="${escapeHtml(base + path)}">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${escapeHtml(base)}/page.css" nonce="${nonce}">
</head>
<body>
${body}
</body>
</html>
`
}

/**
 * A strict policy: the scripts that carry the nonce and what they load, this server's own style sheet, requests to this
 * server only, no inline code, and no string that becomes HTML or script.
 */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}
