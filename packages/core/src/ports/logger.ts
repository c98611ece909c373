/** Where lines for the operator go. Every call is one event with flat fields; secrets and texts never go in. */
export interface Logger {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export interface LogFields {
  readonly [field: string]: unknown
}
