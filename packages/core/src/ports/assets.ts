/** A file of the widget, as the router serves it. */
export interface Asset {
  readonly type: string
  readonly body: string
  /** The name holds a hash of the content, so it may be kept for a year. */
  readonly immutable: boolean
}

/** The widget's files by name, such as `embed.js`. Comes from `@confab/widget/assets`. */
export interface Assets {
  readonly [name: string]: Asset
}
