import { escapeHtml } from './html.ts'
import type { PageContext } from './pages.ts'

/** What `/` shows on a server that is not a demo. */
export function homeBody({ publicUrl, hasWidget }: PageContext): string {
  return `<main>
<h1>Confab is running</h1>
<p class="lead">This server keeps the comments of your pages. There is nothing to read here.</p>
<h2>1. Say which site may comment</h2>
<pre><code>confab site add blog --origin https://blog.example.org</code></pre>
<h2>2. Put this where the comments shall appear</h2>
${embedSnippet(publicUrl, 'blog')}
${hasWidget ? '' : '<p><strong>The widget is not built on this server, so the script is missing.</strong></p>'}
</main>`
}

/** The script tag as text, for people to copy. */
export function embedSnippet(publicUrl: string, site: string): string {
  const tag = `<script src="${publicUrl}/embed.js" data-site="${site}" async></script>`
  return `<pre><code>${escapeHtml(tag)}</code></pre>`
}
