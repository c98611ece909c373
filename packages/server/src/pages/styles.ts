/** The style sheet of the server's own pages. The widget takes its colours and its type from it. */
export const pageCss = `:root {
  color-scheme: light dark;
  --page: #fbfaf7;
  --ink: #23211c;
  --quiet: #6a655b;
  --line: #e2ded4;
  --shade: #f2efe7;
  --link: #1f5c8a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #1a1b1e;
    --ink: #e6e3dc;
    --quiet: #a19c91;
    --line: #33353a;
    --shade: #232529;
    --link: #8dbfe6;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto;
  padding: clamp(1.5rem, 5vw, 4rem) clamp(1.25rem, 5vw, 2rem) 5rem;
  max-width: 44rem;
  background: var(--page);
  color: var(--ink);
  font: 1.0625rem/1.65 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
}
h1, h2 { line-height: 1.2; text-wrap: balance; }
h1 { margin: 0 0 .4em; font-size: clamp(1.8rem, 5vw, 2.5rem); letter-spacing: -.02em; }
h2 { margin: 2.2em 0 .5em; font-size: 1.25rem; }
p { margin: 0 0 1.1em; text-wrap: pretty; }
a { color: var(--link); text-underline-offset: .16em; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 3px; border-radius: 2px; }
.lead { color: var(--quiet); font-size: 1.125rem; }
.site { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline; margin-bottom: clamp(2rem, 8vw, 4rem); font-size: .9375rem; }
.site strong { margin-inline-end: auto; }
.site [aria-current] { color: var(--ink); text-decoration: none; }
.conversation { margin-top: 3.5rem; padding-top: 2rem; border-top: 1px solid var(--line); }
pre {
  margin: 0 0 1.1em;
  padding: .9rem 1rem;
  overflow-wrap: anywhere;
  white-space: pre-wrap;
  background: var(--shade);
  border: 1px solid var(--line);
  border-radius: 8px;
  font: .875rem/1.6 ui-monospace, "Cascadia Code", Menlo, Consolas, monospace;
}
code { font: .875em/1.5 ui-monospace, "Cascadia Code", Menlo, Consolas, monospace; }
pre code { font: inherit; }
footer { margin-top: 4rem; color: var(--quiet); font-size: .9375rem; }
`
