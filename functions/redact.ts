// Makes anything fit for a log: plain, bounded, and without what looks like a secret. By name (every string under
// `authorization`, `token`, `apiKey`, ...; numbers stay, for `tokens` are counted), by look, and by known value.

const SECRET_NAME = /authorization|cookie|passw|secret|token|credential|signature|key$/i;
const SECRET_LOOK =
  /\b(sgt_[\w-]{20,}|gh[a-z]_\w{20,}|github_pat_\w{20,}|sk-[\w-]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*-----|$)/g;
const BEARER = /\b(bearer|basic)\s+(?=\S*\d)[\w.~+/=-]{8,}/gi;
const URL_USER = /(\w:\/\/)[^\s/@]+@/g;
const GONE = '[redacted]';
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
const MAX_TEXT = 4_000;
const MAX_LOOKED_AT = 64_000;
/** Shorter ones would blank out ordinary words. */
const MIN_KNOWN = 6;

export function redact(
  fields: Readonly<Record<string, unknown>>,
  secrets: readonly string[] = [],
): Record<string, unknown> {
  const known = secrets.filter((secret) => secret.length >= MIN_KNOWN);
  return plainObject(fields, { known, secret: false, depth: 0 });
}

/** Text with secrets taken out, cut to a length that a log line bears. */
export function redactText(text: string, known: readonly string[] = []): string {
  let clean = text.slice(0, MAX_LOOKED_AT);
  for (const secret of known) clean = clean.replaceAll(secret, GONE);
  clean = clean
    .replace(SECRET_LOOK, GONE)
    .replace(BEARER, `$1 ${GONE}`)
    .replace(URL_USER, `$1${GONE}@`);
  return clean.length <= MAX_TEXT ? clean : `${clean.slice(0, MAX_TEXT)}... (${text.length})`;
}

type Place = {
  readonly known: readonly string[];
  readonly secret: boolean;
  readonly depth: number;
};

function plain(value: unknown, place: Place): unknown {
  if (typeof value === 'string') return place.secret ? GONE : redactText(value, place.known);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return typeof value;
  if (typeof value !== 'object' || value === null) return value;
  if (place.depth >= MAX_DEPTH) return '...';
  const deeper = { ...place, depth: place.depth + 1 };
  if (value instanceof Error) return plainError(value, deeper);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof Map) return plainObject(Object.fromEntries(value), deeper);
  if (Array.isArray(value) || value instanceof Set) return plainList([...value], deeper);
  return plainObject(value, deeper);
}

function plainList(values: readonly unknown[], place: Place): unknown[] {
  return values.slice(0, MAX_ENTRIES).map((value) => plain(value, place));
}

function plainObject(value: object, place: Place): Record<string, unknown> {
  const entries = Object.entries(value).slice(0, MAX_ENTRIES);
  return Object.fromEntries(
    entries.map(([name, entry]) => {
      const secret = place.secret || SECRET_NAME.test(name);
      return [redactText(name, place.known), plain(entry, { ...place, secret })];
    }),
  );
}

/** `code`, `kind` and `details` of ours come along as own properties. */
function plainError(error: Error, place: Place): Record<string, unknown> {
  const { name, message, cause } = error;
  // The stack begins with the message, of which a line alone would no longer look like a secret.
  const lines = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  const stack = lines?.slice(0, 10).join('\n');
  const own = { ...error, name, message, stack };
  return plainObject(cause === undefined ? own : { ...own, cause }, place);
}
