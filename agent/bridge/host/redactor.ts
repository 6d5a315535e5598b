// Removes secrets from every text that leaves the bridge, and shortens long texts.

const PLACEHOLDER = '[secret removed]';
/** Shorter secrets are not replaced: the replacement would mangle ordinary text. Characters. */
const MIN_SECRET_LENGTH = 6;

/** Returns the text with every known secret replaced. */
export type Redact = (text: string) => string;

/** Secrets of one attempt. */
export class Redactor {
  readonly #secrets = new Set<string>();

  /** Adds a secret, also in base64 and percent-encoding, as headers and URLs contain the secret. */
  addSecret(secret: string): void {
    if (secret.length < MIN_SECRET_LENGTH) return;
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

/** Returns the end of a text, at most `maxLength` UTF-16 code units including the mark of a cut. */
export function keepEnd(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const mark = '[...]\n';
  return mark + text.slice(-(maxLength - mark.length));
}

/** Returns the beginning of a text, at most `maxLength` UTF-16 code units including the mark of a cut. */
export function keepStart(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const mark = '\n[...]';
  return text.slice(0, maxLength - mark.length) + mark;
}
