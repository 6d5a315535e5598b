import { AppError } from '../../core/base/app-error.ts';
import { parseJson } from '../../core/base/parse-json.ts';
import type { Item, Value } from '../../core/port/table.ts';
import { createRefusal } from '../table/stored-value.ts';

// Stores items as JSON, so that any SQLite client can read them. JSON has no sets: a set becomes a map with one tagged entry.

const SET_TAG = '$set';

/** Encodes an item without undefined values and empty sets. */
export function encodeItem(item: Item): string {
  return JSON.stringify(toJsonValue(item));
}

function toJsonValue(value: Value | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Set) return { [SET_TAG]: [...value] };
  if (Array.isArray(value)) return value.map(toJsonValue);
  const encoded: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value)) {
    if (name === SET_TAG) throw createRefusal(`${SET_TAG} is reserved and cannot name a map entry`);
    encoded[name] = toJsonValue(entry);
  }
  return encoded;
}

/** Decodes an item; throws AppError `data_damaged` for a text that `encodeItem` cannot have written. */
export function decodeItem(body: unknown): Item {
  const text = String(body);
  const item = text.includes(`"${SET_TAG}"`) ? reviveSets(parseJson(text)) : parseJson(text);
  if (isItem(item)) return item;
  throw new AppError(
    'conflict',
    'data_damaged',
    `the store contains an unreadable item (${text.slice(0, 80)}): restore a backup, or move the data folder away to start without data`,
  );
}

function reviveSets(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reviveSets);
  if (SET_TAG in value && Array.isArray(value[SET_TAG])) return new Set(value[SET_TAG]);
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, reviveSets(entry)]),
  );
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && 'pk' in value && 'sk' in value;
}
