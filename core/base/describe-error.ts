/** Returns the message of an error, or the text form of any other thrown value. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
