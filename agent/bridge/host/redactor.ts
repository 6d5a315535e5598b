// Secrets are taken out of everything that leaves the bridge as text.

const PLACEHOLDER = '[secret removed]';
const MIN_SECRET_LENGTH = 6;

export type Redact = (text: string) => string;

export class Redactor {
  readonly #secrets = new Set<string>();

  /** Also known in the forms in which it is sent. Too short a secret would mangle ordinary text and is not looked for. */
  addSecret(secret: string): void {
    if (secret.length < MIN_SECRET_LENGTH) return;
    this.#secrets.add(secret);
    this.#secrets.add(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
    if (encodeURIComponent(secret) !== secret) this.#secrets.add(encodeURIComponent(secret));
  }

  readonly redact: Redact = (text) => {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, PLACEHOLDER);
    return clean;
  };
}

/** The end of a text, at most `maxLength` characters, marked where it was cut. */
export function keepEnd(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const mark = '[...]\n';
  return mark + text.slice(-(maxLength - mark.length));
}

/** The beginning of a text, at most `maxLength` characters, marked where it was cut. */
export function keepStart(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const mark = '\n[...]';
  return text.slice(0, maxLength - mark.length) + mark;
}
