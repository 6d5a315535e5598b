// Makes anything fit for a log: plain, bounded, and without what looks like a secret. By name (every string under
// `authorization`, `token`, `apiKey`, ...; numbers stay, for `tokens` are counted), by look, and by known value.

const SECRET_NAME_PATTERN = /authorization|cookie|passw|secret|token|credential|signature|key$/i;
const SECRET_PATTERN =
  /\b(sgt_[\w-]{20,}|gh[a-z]_\w{20,}|github_pat_\w{20,}|sk-[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*-----|$)/g;
const BEARER_PATTERN = /\b(bearer|basic)\s+(?=\S*\d)[\w.~+/=-]{8,}/gi;
const URL_USER_PATTERN = /(\w:\/\/)[^\s/@]+@/g;
const REDACTED = '[redacted]';
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
const MAX_TEXT_CHARS = 4_000;
const MAX_SCANNED_CHARS = 64_000;
/** Shorter ones would blank out ordinary words. */
const MIN_SECRET_CHARS = 6;

export function redactFields(
  fields: Readonly<Record<string, unknown>>,
  secrets: readonly string[] = [],
): Record<string, unknown> {
  const known = secrets.filter((secret) => secret.length >= MIN_SECRET_CHARS);
  return redactObject(fields, { known, secret: false, depth: 0 });
}

/** Text with secrets taken out, cut to a length that a log line bears. */
export function redactText(text: string, known: readonly string[] = []): string {
  let clean = text.slice(0, MAX_SCANNED_CHARS);
  for (const secret of known) clean = clean.replaceAll(secret, REDACTED);
  clean = clean
    .replace(SECRET_PATTERN, REDACTED)
    .replace(BEARER_PATTERN, `$1 ${REDACTED}`)
    .replace(URL_USER_PATTERN, `$1${REDACTED}@`);
  return clean.length <= MAX_TEXT_CHARS
    ? clean
    : `${clean.slice(0, MAX_TEXT_CHARS)}... (${text.length})`;
}

type RedactionContext = {
  readonly known: readonly string[];
  readonly secret: boolean;
  readonly depth: number;
};

function redactValue(value: unknown, place: RedactionContext): unknown {
  if (typeof value === 'string') return place.secret ? REDACTED : redactText(value, place.known);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return typeof value;
  if (typeof value !== 'object' || value === null) return value;
  if (place.depth >= MAX_DEPTH) return '...';
  const deeper = { ...place, depth: place.depth + 1 };
  if (value instanceof Error) return redactError(value, deeper);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof Map) return redactObject(Object.fromEntries(value), deeper);
  if (Array.isArray(value) || value instanceof Set) return redactList([...value], deeper);
  return redactObject(value, deeper);
}

function redactList(values: readonly unknown[], place: RedactionContext): unknown[] {
  return values.slice(0, MAX_ENTRIES).map((value) => redactValue(value, place));
}

function redactObject(value: object, place: RedactionContext): Record<string, unknown> {
  const entries = Object.entries(value).slice(0, MAX_ENTRIES);
  return Object.fromEntries(
    entries.map(([name, entry]) => {
      const secret = place.secret || SECRET_NAME_PATTERN.test(name);
      return [redactText(name, place.known), redactValue(entry, { ...place, secret })];
    }),
  );
}

/** `code`, `kind` and `details` of ours come along as own properties. */
function redactError(error: Error, place: RedactionContext): Record<string, unknown> {
  const { name, message, cause } = error;
  // The stack begins with the message, of which a line alone would no longer look like a secret.
  const lines = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  const stack = lines?.slice(0, 10).join('\n');
  const own = { ...error, name, message, stack };
  return redactObject(cause === undefined ? own : { ...own, cause }, place);
}
