/** Returns true if a thrown value is a system error with one of the codes, such as ENOENT. */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return codes.includes(String(error.code));
}
