/**
 * What a file of any other system says, in words that all of them share. A format reads its file and yields these in
 * any order: replies may come before what they answer and comments before their thread.
 */
export type ImportEvent = ThreadEvent | AuthorEvent | CommentEvent | SkipEvent

export interface ThreadEvent {
  readonly kind: 'thread'
  /** The other system's id, unique among threads. */
  readonly ref: string
  /** Where it stands in the file, for the report. */
  readonly line: number
  /** Address of the page. */
  readonly url: string | null
  /** What the page calls itself, for pages without an address. */
  readonly identifier: string | null
  readonly title: string | null
  readonly closed: boolean
  readonly deleted: boolean
}

export interface AuthorEvent {
  readonly kind: 'author'
  /** Tells authors apart. Stays inside the import: it may hold an e-mail address. */
  readonly ref: string
  readonly name: string
  readonly email: string | null
}

export interface CommentEvent {
  readonly kind: 'comment'
  /** The other system's id, unique among comments. */
  readonly ref: string
  readonly line: number
  /** `ref` of the thread. */
  readonly thread: string
  /** `ref` of the comment it answers. */
  readonly parent: string | null
  /** `ref` of the author. */
  readonly author: string
  /** Epoch ms. */
  readonly at: number
  readonly status: 'published' | 'pending' | 'spam' | 'deleted'
  /** Empty when `deleted`: a text that was taken away does not travel. */
  readonly body: string
  readonly bodyFormat: 'html' | 'markdown'
}

/** Something in the file that cannot be taken over. */
export interface SkipEvent {
  readonly kind: 'skip'
  readonly what: 'thread' | 'comment'
  readonly ref: string | null
  readonly line: number
  /** Ends a sentence that starts with "left out because": `it has no id`. */
  readonly reason: string
}

/** One file format. */
export interface ImportFormat {
  /** The word of the command line and the first part of every derived name: it can never change. */
  readonly name: string
  /** The name people know. */
  readonly title: string
  /**
   * Reads the file as it streams by. Memory does not grow with the file.
   * @throws ServerError `file_invalid` with the line when the file is broken, of another kind or hostile
   */
  read(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ImportEvent>
}
