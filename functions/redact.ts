// Converts any value into a plain, bounded value for a log, without secrets. Three rules find secrets: the name of a field
// (strings under `authorization`, `token`, `apiKey`, ...; numbers stay, because token counts are useful), the form of a text, and
// known values.

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
/** Minimum length of a known secret; shorter values would redact ordinary words. */
const MIN_SECRET_CHARS = 6;

/** Redacts the fields of a log line. */
export function redactFields(
  fields: Readonly<Record<string, unknown>>,
  secrets: readonly string[] = [],
): Record<string, unknown> {
  const knownSecrets = secrets.filter((secret) => secret.length >= MIN_SECRET_CHARS);
  return redactObject(fields, { knownSecrets, isSecret: false, depth: 0 });
}

/** Redacts secrets in a text and truncates the text. */
export function redactText(text: string, knownSecrets: readonly string[] = []): string {
  let redacted = text.slice(0, MAX_SCANNED_CHARS);
  for (const secret of knownSecrets) redacted = redacted.replaceAll(secret, REDACTED);
  redacted = redacted
    .replace(SECRET_PATTERN, REDACTED)
    .replace(BEARER_PATTERN, `$1 ${REDACTED}`)
    .replace(URL_USER_PATTERN, `$1${REDACTED}@`);
  return redacted.length <= MAX_TEXT_CHARS
    ? redacted
    : `${redacted.slice(0, MAX_TEXT_CHARS)}... (${text.length})`;
}

type RedactionContext = {
  readonly knownSecrets: readonly string[];
  /** True below a field whose name indicates a secret. */
  readonly isSecret: boolean;
  readonly depth: number;
};

function redactValue(value: unknown, context: RedactionContext): unknown {
  if (typeof value === 'string')
    return context.isSecret ? REDACTED : redactText(value, context.knownSecrets);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return typeof value;
  if (typeof value !== 'object' || value === null) return value;
  if (context.depth >= MAX_DEPTH) return '...';
  const deeper = { ...context, depth: context.depth + 1 };
  if (value instanceof Error) return redactError(value, deeper);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof Map) return redactObject(Object.fromEntries(value), deeper);
  if (Array.isArray(value) || value instanceof Set) return redactList([...value], deeper);
  return redactObject(value, deeper);
}

function redactList(values: readonly unknown[], context: RedactionContext): unknown[] {
  return values.slice(0, MAX_ENTRIES).map((value) => redactValue(value, context));
}

function redactObject(value: object, context: RedactionContext): Record<string, unknown> {
  const entries = Object.entries(value).slice(0, MAX_ENTRIES);
  return Object.fromEntries(
    entries.map(([name, entry]) => {
      const isSecret = context.isSecret || SECRET_NAME_PATTERN.test(name);
      return [redactText(name, context.knownSecrets), redactValue(entry, { ...context, isSecret })];
    }),
  );
}

/** Redacts an error, including own properties such as `code`, `kind` and `details`. */
function redactError(error: Error, context: RedactionContext): Record<string, unknown> {
  const { name, message, cause } = error;
  // Only the frames are logged, because the stack also repeats the message in lines, and a single line of a secret would not match
  // the patterns.
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  const stack = frames?.slice(0, 10).join('\n');
  const fields = { ...error, name, message, stack };
  return redactObject(cause === undefined ? fields : { ...fields, cause }, context);
}
