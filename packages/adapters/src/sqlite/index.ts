export { StoreError } from '../store/errors.ts'
export { sqlite } from './store.ts'
export type { SqliteOptions, SqliteStore } from './store.ts'
