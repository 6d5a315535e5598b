import type { Log } from '../core/port/runtime.ts';
import { redactFields } from './redact.ts';

export type LogLevel = 'info' | 'warn' | 'error';
const LOG_LEVELS: readonly LogLevel[] = ['info', 'warn', 'error'];

export type LogOptions = {
  /** Takes a line without its end. */
  readonly write: (line: string) => void;
  readonly now: () => number;
  /** Below it nothing is written. */
  readonly level?: LogLevel;
  /** On every line. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Values known to be secret: taken out wherever they turn up. */
  readonly secrets?: readonly string[];
};

/** One JSON object a line: `time`, `level`, `message`, then the fields, secrets taken out. */
export function createLog(options: LogOptions): Log {
  const lowest = LOG_LEVELS.indexOf(options.level ?? 'info');
  const write = (level: LogLevel, message: string, fields: Record<string, unknown> = {}) => {
    if (LOG_LEVELS.indexOf(level) < lowest) return;
    const time = new Date(options.now()).toISOString();
    const line = redactFields({ ...options.fields, ...fields }, options.secrets ?? []);
    options.write(JSON.stringify({ time, level, message, ...line }));
  };
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
  };
}

/** The same log with more on every line. */
export function createChildLog(log: Log, more: Readonly<Record<string, unknown>>): Log {
  return {
    info: (message, fields) => log.info(message, { ...more, ...fields }),
    warn: (message, fields) => log.warn(message, { ...more, ...fields }),
    error: (message, fields) => log.error(message, { ...more, ...fields }),
  };
}
