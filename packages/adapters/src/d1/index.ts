export { StoreError } from '../store/errors.ts'
export { d1 } from './store.ts'
export type { D1Options } from './store.ts'
export type { D1Binding, D1Rows, D1Source, D1Statement } from './database.ts'
