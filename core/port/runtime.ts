/** Time and randomness, as arguments. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export interface Log {
  /** Static message, fields apart; secrets never. */
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
