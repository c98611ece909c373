import { embedSnippet } from './home.ts'
import { escapeHtml } from './html.ts'
import type { PageContext } from './pages.ts'

/** One page of the demo. */
export interface Article {
  readonly title: string
  readonly body: string
}

/** The demo at `/`. */
export function demoArticle(context: PageContext): Article {
  return article(context, {
    path: '/',
    title: 'The bench by the river',
    lead: 'A short page, so that there is something to talk about.',
    text: `<p>The town put a bench by the river and wondered for a while whether anybody would use it. It stands a little off
the path, where the water bends and slows down. In the first week a man ate his lunch there. In the second, two women
who had walked past each other for years sat down at the two ends of it and, some minutes later, closer to the middle.</p>
<p>Nobody had planned what the bench was for. It had no sign. It only made it possible to stay where people had always
walked on, and staying turned out to be the part that was missing.</p>
<p>A page on the web is a good path. Most of them could do with a bench.</p>`,
    note: `<h2>Try it</h2>
<p>Write a comment below; no account is needed. Open this page in a second window and watch it arrive there. Stop the
server, start it again, and everything is still here. On <a href="${escapeHtml(context.base)}/second">the second page</a> there is another conversation.</p>
<p>This is all the page has of Confab:</p>
${embedSnippet(context.publicUrl, 'demo')}`,
  })
}

/** The demo at `/second`. */
export function secondArticle(context: PageContext): Article {
  return article(context, {
    path: '/second',
    title: 'What the ferryman remembers',
    lead: 'A second page, with a conversation of its own.',
    text: `<p>Before the bridge there was a ferry, and the ferryman knew what everybody in the valley thought, because a
crossing took eleven minutes and few people can be silent for eleven minutes. He never repeated any of it. But he liked
to seat people next to each other who, in his opinion, should talk.</p>
<p>When the bridge opened, everyone agreed that it was much better. It saved eleven minutes each way.</p>`,
    note: '',
  })
}

function article(
  { base, hasWidget, nonce }: PageContext,
  page: {
    readonly path: string
    readonly title: string
    readonly lead: string
    readonly text: string
    readonly note: string
  },
): Article {
  const link = (path: string, name: string): string => {
    const current = path === page.path ? ' aria-current="page"' : ''
    return `<a href="${escapeHtml(base + path)}"${current}>${name}</a>`
  }
  // The tag as a site owner pastes it; the nonce is for the strict policy of this page.
  const thread = hasWidget
    ? `<script src="${escapeHtml(base)}/embed.js" data-site="demo" async nonce="${nonce}"></script>`
    : '<p>The widget is not built on this server, so the conversation is missing here.</p>'
  return {
    title: page.title,
    body: `<header class="site">
<strong>River notes</strong>
<nav aria-label="Pages">${link('/', 'The bench')} · ${link('/second', 'The ferryman')}</nav>
</header>
<main>
<article>
<h1>${page.title}</h1>
<p class="lead">${page.lead}</p>
${page.text}
${page.note}
</article>
<section class="conversation" aria-label="Conversation">
${thread}
</section>
</main>`,
  }
}
