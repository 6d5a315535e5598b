import { AppError } from '../../core/base/app-error.ts';
import type { Scalar } from '../../core/port/table.ts';

// A cursor travels to clients and comes back from them, so it is checked against the query that it is given to.

/** Where a page ended: the table's key, and the index's when an index was asked. */
export type Position = Readonly<Record<string, Scalar>>;

export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** The attributes that a position of this query has, and which values they may have. */
export type PositionCheck = Readonly<Record<string, (value: unknown) => boolean>>;

export function decodeCursor(cursor: string, check: PositionCheck): Position {
  const position = parsePosition(cursor);
  const checks = Object.entries(check);
  if (position === undefined || Object.keys(position).length !== checks.length)
    throw createCursorError();
  for (const [name, isRight] of checks) {
    if (!isRight(position[name])) throw createCursorError();
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
  return new AppError('invalid', 'bad_cursor', 'this cursor does not belong to this list');
}
