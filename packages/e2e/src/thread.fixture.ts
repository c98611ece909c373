import type { Locator, Page } from 'playwright-core'

/** The thread on a page, as a reader finds it: by what is written on things, not by how they are built. */
export function threadOn(page: Page): Thread {
  const root = page.locator('confab-thread')
  return {
    root,
    comment: (text) =>
      root.locator('[part~="comment"]', { has: page.locator('[part~="body"]', { hasText: text }) }).last(),
    body: (text) => root.locator('[part~="body"]', { hasText: text }).last(),
    async write(text, name) {
      await root.getByPlaceholder('Join the conversation').click()
      await root.getByRole('textbox', { name: 'Comment' }).fill(text)
      if (name !== undefined) await root.getByRole('textbox', { name: 'Name' }).fill(name)
      await root.getByRole('button', { name: 'Post', exact: true }).click()
    },
    async reply(to, text, name) {
      await this.comment(to)
        .getByRole('button', { name: /^Reply to/ })
        .first()
        .click()
      await root.getByRole('textbox', { name: /^Reply to/ }).fill(text)
      if (name !== undefined) await root.getByRole('textbox', { name: 'Name' }).fill(name)
      await root.getByRole('button', { name: 'Reply', exact: true }).last().click()
    },
  }
}

export interface Thread {
  readonly root: Locator
  /** The innermost comment with this text. */
  comment(text: string): Locator
  body(text: string): Locator
  /** Writes a comment; `name` where a guest is asked for one. */
  write(text: string, name?: string): Promise<void>
  reply(to: string, text: string, name?: string): Promise<void>
}
