const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Formats a duration: "0s", "34s", "1m 02s", "2h 05m", "3d 4h". */
export function formatDuration(ms: number): string {
  const roundedMs = Math.max(0, Math.round(ms / SECOND_MS) * SECOND_MS);
  if (roundedMs < MINUTE_MS) return `${roundedMs / SECOND_MS}s`;
  if (roundedMs < HOUR_MS)
    return `${Math.floor(roundedMs / MINUTE_MS)}m ${padTwoDigits((roundedMs % MINUTE_MS) / SECOND_MS)}s`;
  if (roundedMs < DAY_MS)
    return `${Math.floor(roundedMs / HOUR_MS)}h ${padTwoDigits(Math.floor((roundedMs % HOUR_MS) / MINUTE_MS))}m`;
  return `${Math.floor(roundedMs / DAY_MS)}d ${Math.floor((roundedMs % DAY_MS) / HOUR_MS)}h`;
}

/**
 * Formats a past or future moment relative to now: "just now", "12s ago", "in 2h", "5d ago"; a date beyond 30 days. Both
 * times are epoch milliseconds.
 */
export function formatRelativeTime(at: number, now: number): string {
  const distanceMs = Math.abs(now - at);
  if (distanceMs < 2 * SECOND_MS) return 'just now';
  if (distanceMs > 30 * DAY_MS) return new Date(at).toISOString().slice(0, 10);
  const text = formatLargestUnit(distanceMs);
  return at <= now ? `${text} ago` : `in ${text}`;
}

function formatLargestUnit(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)}s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)}m`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)}h`;
  return `${Math.floor(ms / DAY_MS)}d`;
}

/** Formats the time of day of epoch milliseconds in the local time zone: "14:03:22". */
export function formatClock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(padTwoDigits).join(':');
}

/**
 * Replaces the UTC times in a text of the API with times of the local time zone: "14:03:22", with the date unless it is today's.
 */
export function localiseTimes(text: string, now: number): string {
  return text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, (time) => {
    const at = Date.parse(time);
    if (Number.isNaN(at)) return time;
    const isToday = formatDay(at) === formatDay(now);
    return isToday ? formatClock(at) : `${formatDay(at)} ${formatClock(at)}`;
  });
}

function formatDay(at: number): string {
  const date = new Date(at);
  return [date.getFullYear(), padTwoDigits(date.getMonth() + 1), padTwoDigits(date.getDate())].join(
    '-',
  );
}

/** Formats an estimate: "10 min", "1.5 h". */
export function formatMinutes(minutes: number): string {
  if (minutes < 1) return '<1 min';
  if (minutes < 100) return `${Math.round(minutes)} min`;
  return `${trimZeroFraction((minutes / 60).toFixed(1))} h`;
}

/** Formats tokens: "950", "12.3k", "1.2M". */
export function formatTokens(tokens: number): string {
  if (tokens < 1_000) return String(tokens);
  if (tokens < 999_950) return `${trimZeroFraction((tokens / 1_000).toFixed(1))}k`;
  return `${trimZeroFraction((tokens / 1_000_000).toFixed(1))}M`;
}

/** Formats a cost in a column: "$1.24", "<$0.01", or "unknown" if the price of the model is unknown (null). */
export function formatUsd(usd: number | null): string {
  if (usd === null) return 'unknown';
  if (usd > 0 && usd < 0.01) return '<$0.01';
  return `$${usd.toFixed(2)}`;
}

/** Formats a cost where the figure stands without a heading: "$1.24", or "cost unknown". */
export function formatCost(usd: number | null): string {
  return usd === null ? 'cost unknown' : formatUsd(usd);
}

/** Formats the size of a graph: "7 tasks in 3 waves". */
export function formatGraphSize(taskCount: number, waveCount: number): string {
  return taskCount === 1
    ? '1 task'
    : `${formatCount(taskCount, 'task')} in ${formatCount(waveCount, 'wave')}`;
}

/** Formats bytes: "512 B", "1.4 MB". */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 'B';
  for (const larger of ['kB', 'MB', 'GB', 'TB']) {
    if (value < 1_000) break;
    value /= 1_000;
    unit = larger;
  }
  return `${unit === 'B' ? value : trimZeroFraction(value.toFixed(1))} ${unit}`;
}

/** Formats a count with its noun: "1 task", "10,000 tasks". */
export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? singular : plural}`;
}

function padTwoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

function trimZeroFraction(text: string): string {
  return text.replace(/\.0$/, '');
}
