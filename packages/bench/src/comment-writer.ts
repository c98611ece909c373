/** One way to write comments: Confab, or the bare transaction it is compared with. */
export interface CommentWriter {
  /** Resolves when the comment is on the disk. `serial` is different for every call. */
  write(client: number, serial: number): Promise<void>
  /** The same over HTTP: the body and headers of {@link commentRequest}. */
  fetch(this: void, request: Request): Response | Promise<Response>
  close(): Promise<void>
}

/** Comments go to this many pages. */
export const pages = 16

/** The page a client writes on. */
export function pageOf(client: number): string {
  return `/post/${client % pages}`
}

/** A key no other request has, in the form that browsers send. */
export function keyOf(serial: number): string {
  return `bench-key-${String(serial).padStart(12, '0')}`
}
