import { AppError } from '../../core/base/app-error.ts';
import type { IndexName, Item, Scalar, Table } from '../../core/port/table.ts';
import type { IndexDefinition } from '../../core/topology/table.ts';
import { TABLE } from '../../core/topology/table.ts';

// Cursors of lists. Clients receive cursors and send them back, so every cursor is checked against the query.

type PartitionOptions = Parameters<Table['query']>[1];
type IndexOptions = Parameters<Table['queryIndex']>[2];

/**
 * Highest code point, which no key contains. Every key with a prefix therefore sorts below the prefix followed by this code
 * point.
 */
export const HIGHEST_CODE_POINT = '\u{10FFFF}';

/** Content of a cursor: the key of the last item of a page; for an index query also the key attributes of the index. */
export type CursorKey = Readonly<Record<string, Scalar>>;

export function encodeCursor(cursorKey: CursorKey): string {
  return Buffer.from(JSON.stringify(cursorKey)).toString('base64url');
}

/** Creates the cursor of a page that ends with `item`, from the named attributes. */
export function createCursor(item: Item, attributes: readonly string[]): string {
  const cursorKey: Record<string, string | number> = {};
  for (const name of attributes) {
    const value = item[name];
    if (typeof value === 'string' || typeof value === 'number') cursorKey[name] = value;
  }
  return encodeCursor(cursorKey);
}

/** Key attributes of a query; each function returns true for a value in the range of the query. */
export type RangeCheck = Readonly<Record<string, (value: unknown) => boolean>>;

/** Decodes a cursor; throws AppError `bad_cursor` if the cursor does not belong to the query. */
export function decodeCursor(cursor: string, check: RangeCheck): CursorKey {
  const cursorKey = parseCursorKey(cursor);
  const checks = Object.entries(check);
  if (cursorKey === undefined || Object.keys(cursorKey).length !== checks.length)
    throw createCursorError();
  for (const [name, isAllowed] of checks) {
    if (!isAllowed(cursorKey[name])) throw createCursorError();
  }
  return cursorKey;
}

function parseCursorKey(cursor: string): CursorKey | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return isCursorKey(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isCursorKey(value: unknown): value is CursorKey {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((part) => typeof part === 'string' || typeof part === 'number');
}

function createCursorError(): AppError {
  return new AppError(
    'invalid',
    'bad_cursor',
    'the cursor does not belong to this list; start again without a cursor',
  );
}

/** Creates a check of whether a key lies in the range of a partition query. */
export function createPartitionRangeCheck(pk: string, options: PartitionOptions): RangeCheck {
  const { prefix = '', from = '' } = options ?? {};
  return {
    [TABLE.pk]: (value) => value === pk,
    [TABLE.sk]: (value) => isKey(value) && value.startsWith(prefix) && !isBelow(value, from),
  };
}

/** Creates a check of whether a key lies in the range of an index query. */
export function createIndexRangeCheck(
  index: IndexDefinition,
  hash: string,
  options: IndexOptions,
): RangeCheck {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = options ?? {};
  return {
    [index.hash]: (value) => value === hash,
    [index.range]: (value) => typeof value === 'number' && value >= from && value <= to,
    [TABLE.pk]: isKey,
    [TABLE.sk]: isKey,
  };
}

/** Returns the definition of an index; throws for an unknown name. */
export function requireIndexDefinition(name: IndexName): IndexDefinition {
  const definition = TABLE.indexes.find((index) => index.name === name);
  if (definition === undefined) throw new Error(`core/topology/table.ts defines no index ${name}`);
  return definition;
}

/** Compares keys by their UTF-8 bytes, like DynamoDB. */
export function isBelow(left: string, right: string): boolean {
  if (right === '') return false;
  return Buffer.compare(Buffer.from(left), Buffer.from(right)) < 0;
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
