/**
 * The widget for those who bundle: {@link mount}, and `<confab-thread>` for markup.
 *
 * @module
 */
export { mount } from './mount.ts'
export type { MountedThread, MountOptions } from './mount.ts'
export { defineThread } from './thread/define.ts'
export type { ConfabThreadElement } from './thread/define.ts'
