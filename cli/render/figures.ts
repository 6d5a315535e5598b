const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "0s", "34s", "1m 02s", "2h 05m", "3d 4h". */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms / SECOND) * SECOND);
  if (whole < MINUTE) return `${whole / SECOND}s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m ${two((whole % MINUTE) / SECOND)}s`;
  if (whole < DAY)
    return `${Math.floor(whole / HOUR)}h ${two(Math.floor((whole % HOUR) / MINUTE))}m`;
  return `${Math.floor(whole / DAY)}d ${Math.floor((whole % DAY) / HOUR)}h`;
}

/** "just now", "12s ago", "3m ago", "in 2h", "5d ago"; a date when it is more than 30 days away. */
export function formatAgo(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < 2 * SECOND) return 'just now';
  if (distance > 30 * DAY) return new Date(at).toISOString().slice(0, 10);
  const text = roughly(distance);
  return at <= now ? `${text} ago` : `in ${text}`;
}

function roughly(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h`;
  return `${Math.floor(ms / DAY)}d`;
}

/** "14:03:22" where the reader is. */
export function formatClock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

/** Estimates are rough: "10 min", "1.5 h". */
export function formatMinutes(minutes: number): string {
  if (minutes < 1) return '<1 min';
  if (minutes < 100) return `${Math.round(minutes)} min`;
  return `${trimZero((minutes / 60).toFixed(1))} h`;
}

/** "950", "12.3k", "1.2M". */
export function formatTokens(tokens: number): string {
  if (tokens < 1_000) return String(tokens);
  if (tokens < 999_950) return `${trimZero((tokens / 1_000).toFixed(1))}k`;
  return `${trimZero((tokens / 1_000_000).toFixed(1))}M`;
}

/** null: the price of the model is unknown, and that is what is said. */
export function formatUsd(usd: number | null): string {
  if (usd === null) return 'unknown';
  if (usd > 0 && usd < 0.01) return '<$0.01';
  return `$${usd.toFixed(2)}`;
}

/** "512 B", "1.4 MB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 'B';
  for (const larger of ['kB', 'MB', 'GB', 'TB']) {
    if (value < 1_000) break;
    value /= 1_000;
    unit = larger;
  }
  return `${unit === 'B' ? value : trimZero(value.toFixed(1))} ${unit}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function trimZero(text: string): string {
  return text.replace(/\.0$/, '');
}
