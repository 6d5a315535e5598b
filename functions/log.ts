import type { Log } from '../core/port/runtime.ts';
import { redactFields } from './redact.ts';

/** Severity of a log line. */
export type LogLevel = 'info' | 'warn' | 'error';
const LOG_LEVELS: readonly LogLevel[] = ['info', 'warn', 'error'];

/** Destination, level and content of a log. */
export type LogOptions = {
  /** Receives a line without a line break. */
  readonly write: (line: string) => void;
  /** Returns epoch milliseconds. */
  readonly now: () => number;
  /** Lowest level that is written; default `info`. */
  readonly level?: LogLevel;
  /** Fields of every line. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Known secrets, which are redacted wherever they appear. */
  readonly secrets?: readonly string[];
};

/** Creates a log that writes one JSON object per line: `time`, `level`, `message` and the fields, without secrets. */
export function createLog(options: LogOptions): Log {
  const lowestLevel = LOG_LEVELS.indexOf(options.level ?? 'info');
  const write = (level: LogLevel, message: string, fields: Record<string, unknown> = {}) => {
    if (LOG_LEVELS.indexOf(level) < lowestLevel) return;
    const time = new Date(options.now()).toISOString();
    const safeFields = redactFields({ ...options.fields, ...fields }, options.secrets ?? []);
    options.write(JSON.stringify({ time, level, message, ...safeFields }));
  };
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
  };
}

/** Creates a log that adds fields to every line of another log. */
export function createChildLog(log: Log, commonFields: Readonly<Record<string, unknown>>): Log {
  return {
    info: (message, fields) => log.info(message, { ...commonFields, ...fields }),
    warn: (message, fields) => log.warn(message, { ...commonFields, ...fields }),
    error: (message, fields) => log.error(message, { ...commonFields, ...fields }),
  };
}
