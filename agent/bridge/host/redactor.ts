// Removes secrets from texts before they leave the bridge, and shortens long texts.

const PLACEHOLDER = '[secret removed]';
/** Shorter secrets are not replaced, because they may be parts of ordinary words. */
const MIN_SECRET_CHARS = 6;

/** Returns the text with every known secret replaced. */
export type Redact = (text: string) => string;

/** Collects the secrets of one attempt, and removes them from texts. */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Adds a secret and its base64 and percent-encoded forms, which occur in headers and URLs. */
  addSecret(secret: string): void {
    if (secret.length < MIN_SECRET_CHARS) return;
    this.#secrets.add(secret);
    this.#secrets.add(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
    if (encodeURIComponent(secret) !== secret) this.#secrets.add(encodeURIComponent(secret));
  }

  readonly redact: Redact = (text) => {
    let redacted = text;
    for (const secret of this.#secrets) redacted = redacted.replaceAll(secret, PLACEHOLDER);
    return redacted;
  };
}

/** Returns the end of a text, at most `maxChars` characters including the mark `[...]` of a cut. */
export function keepEnd(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const mark = '[...]\n';
  return mark + text.slice(-(maxChars - mark.length));
}

/** Returns the beginning of a text, at most `maxChars` characters including the mark `[...]` of a cut. */
export function keepStart(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const mark = '\n[...]';
  return text.slice(0, maxChars - mark.length) + mark;
}
