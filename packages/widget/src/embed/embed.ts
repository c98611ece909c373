import { pageAddress } from '../page-address.ts'

/** Name of the thread module beside this script; it holds a hash of its content. Set by the build. */
declare const __THREAD_FILE__: string

/** How far below the window a thread may be when it begins to load, CSS pixels. */
const nearPx = 800
const permalink = /^#confab-[0-9a-v]{16}$/
/** `data-...` of the script tag, and the attribute of the element that takes it. */
const attributes = {
  site: 'site',
  pageKey: 'page-key',
  url: 'page-url',
  title: 'page-title',
  sort: 'sort',
  theme: 'theme',
  lang: 'lang',
  heading: 'heading',
  live: 'live',
  server: 'server',
}

const script = document.currentScript as HTMLScriptElement
const { dataset, src } = script
const inHead = script.parentElement === document.head

/** `import()` passes the nonce of this script on, so a strict policy needs no other exception. */
function loadThread(): void {
  // Asked for twice, it is loaded once. A failure shows in the console, which is where a site's owner looks.
  void import(/* @vite-ignore */ new URL(__THREAD_FILE__, src).href)
}

function loadWhenNear(element: Element): void {
  if (permalink.test(location.hash)) return loadThread()
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return
      observer.disconnect()
      loadThread()
    },
    { rootMargin: `${nearPx}px` },
  )
  observer.observe(element)
}

function insert(): void {
  const element = document.createElement('confab-thread')
  element.setAttribute('server', new URL('.', src).href)
  for (const [name, attribute] of Object.entries(attributes)) {
    const value = dataset[name]
    if (value !== undefined) element.setAttribute(attribute, value)
  }
  const { key, url } = pageAddress(document)
  if (!dataset['pageKey']) element.setAttribute('page-key', key)
  if (!dataset['url']) element.setAttribute('page-url', url)
  // Before the module is here the element is inline and without height, which no observer would ever see.
  element.style.display = 'block'
  element.style.minHeight = '1px'
  const target = dataset['target'] ? document.querySelector(dataset['target']) : null
  if (target) target.append(element)
  else if (inHead) document.body.append(element)
  else script.after(element)
  loadWhenNear(element)
}

// Without a site the page writes the elements itself, now or later.
if (!dataset['site']) loadThread()
else if ((dataset['target'] || inHead) && document.readyState === 'loading')
  addEventListener('DOMContentLoaded', insert)
else insert()
