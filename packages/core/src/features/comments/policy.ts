import type { CommentRow, Ms, ThreadState, Viewer } from '../../ports/index.ts'
import type { SiteSettings } from '../../engine/site.ts'

/** Pure rules: who may do what. They read nothing but their arguments. */

export function isModerator(viewer: Viewer | null): boolean {
  return viewer?.role === 'moderator' || viewer?.role === 'admin'
}

export function isAuthor(viewer: Viewer | null, row: CommentRow): boolean {
  return viewer !== null && viewer.id === row.author.id
}

/** Why this viewer may not write here; `null` when they may. */
export function whyNotComment(
  viewer: Viewer | null,
  site: Pick<SiteSettings, 'guests'>,
  state: ThreadState,
): 'locked' | 'sign_in' | null {
  if (state !== 'open') return 'locked'
  const isGuest = viewer === null || viewer.role === 'guest'
  return isGuest && !site.guests ? 'sign_in' : null
}

/** The moment until which an author may edit, epoch ms. */
export function editableUntil(row: CommentRow, site: Pick<SiteSettings, 'editWindowMs'>): Ms {
  return row.at + site.editWindowMs
}

export function canEdit(
  viewer: Viewer | null,
  row: CommentRow,
  context: { readonly site: Pick<SiteSettings, 'editWindowMs'>; readonly state: ThreadState; readonly now: Ms },
): boolean {
  if (row.status === 'deleted') return false
  if (isModerator(viewer)) return true
  if (!isAuthor(viewer, row) || context.state !== 'open') return false
  return (row.status === 'published' || row.status === 'pending') && context.now < editableUntil(row, context.site)
}

export function canDelete(viewer: Viewer | null, row: CommentRow): boolean {
  return row.status !== 'deleted' && (isModerator(viewer) || isAuthor(viewer, row))
}

/** The source, the history and what is not published: its author and moderators only. */
export function canSeeSource(viewer: Viewer | null, row: CommentRow): boolean {
  return isModerator(viewer) || (isAuthor(viewer, row) && row.status !== 'deleted')
}

/** Where a reply goes: at most `maxDepth` deep, so a deeper one becomes a sibling of what it answers. */
export function placeReply(
  parent: CommentRow,
  maxDepth: number,
): { readonly parent: string; readonly replyTo: string | null } {
  if (parent.depth < maxDepth) return { parent: parent.id, replyTo: null }
  // The ancestor at depth maxDepth - 1 takes the reply, so that it lands at maxDepth.
  return { parent: parent.path[maxDepth - 1] ?? parent.root, replyTo: parent.id }
}
