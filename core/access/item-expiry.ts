/**
 * Returns the attributes of an item that is valid until `validUntil` (epoch milliseconds). Readers check `validUntil`. The
 * attribute `expiresAt` (epoch seconds) only makes the table delete the item some time later.
 */
export function buildItemExpiry(validUntil: number): {
  readonly validUntil: number;
  readonly expiresAt: number;
} {
  return { validUntil, expiresAt: Math.ceil(validUntil / 1_000) };
}
