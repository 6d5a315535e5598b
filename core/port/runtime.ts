/** Source of the current time. */
export interface Clock {
  /** Returns epoch milliseconds. */
  now(): number;
}

/** Log. Messages are constant texts, variable parts are fields, and neither contains secrets. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
