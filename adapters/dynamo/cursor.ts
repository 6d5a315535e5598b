import { AppError } from '../../core/base/app-error.ts';
import type { Scalar } from '../../core/port/table.ts';

// Clients receive cursors and send them back, so every cursor is checked against the query that uses it.

/** Key of the last item of a page; for an index query also the key attributes of the index. */
export type Position = Readonly<Record<string, Scalar>>;

export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Attributes that a position of a query must have, with a check of each value. */
export type PositionCheck = Readonly<Record<string, (value: unknown) => boolean>>;

/** Decodes a cursor; throws AppError `bad_cursor` if the cursor does not belong to the query. */
export function decodeCursor(cursor: string, check: PositionCheck): Position {
  const position = parsePosition(cursor);
  const checks = Object.entries(check);
  if (position === undefined || Object.keys(position).length !== checks.length)
    throw createCursorError();
  for (const [name, isAllowed] of checks) {
    if (!isAllowed(position[name])) throw createCursorError();
  }
  return position;
}

function parsePosition(cursor: string): Position | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return isPosition(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isPosition(value: unknown): value is Position {
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
