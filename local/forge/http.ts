import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import type { ForgeEnv } from './forge-context.ts';
import { HttpError } from './http-error.ts';

const DEFAULT_PER_PAGE = 30;
const MAX_PER_PAGE = 100;
/** Largest page number. A larger number counts as this page, which is always empty. */
const MAX_PAGE = 1_000_000;

/** Parses the body; an empty body counts as `{}`. Throws an HttpError 400 for malformed JSON, and 422 for invalid values. */
export async function readBody<T>(c: Context<ForgeEnv>, schema: z.ZodType<T>): Promise<T> {
  const text = await c.req.text();
  const result = schema.safeParse(parseJson(text));
  if (result.success) return result.data;
  throw new HttpError(422, `Invalid request.\n\n${z.prettifyError(result.error)}`, {
    status: '422',
  });
}

function parseJson(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, 'Problems parsing JSON', { status: '400' });
  }
}

/** The requested page of a list. `page` counts from 1, and `offset` is the index of the first item. */
export type PageWindow = {
  readonly page: number;
  readonly perPage: number;
  readonly offset: number;
};

/** Reads the requested page. Values out of bounds become the nearest bound. */
export function readPage(c: Context<ForgeEnv>): PageWindow {
  const requestedPage = Math.trunc(Number(c.req.query('page') ?? 1)) || 1;
  const page = Math.min(MAX_PAGE, Math.max(1, requestedPage));
  const requestedSize = Math.trunc(Number(c.req.query('per_page') ?? DEFAULT_PER_PAGE));
  const perPage = Math.min(MAX_PER_PAGE, Math.max(1, requestedSize || DEFAULT_PER_PAGE));
  return { page, perPage, offset: (page - 1) * perPage };
}

/**
 * Sets the `Link` header and returns the items of the page. `items` starts with the first item of the page; if `items` is
 * longer than `perPage`, another page follows.
 */
export function takePage<T>(c: Context<ForgeEnv>, window: PageWindow, items: readonly T[]): T[] {
  const links: string[] = [];
  if (items.length > window.perPage) links.push(formatLink(c, window.page + 1, 'next'));
  if (window.page > 1) {
    links.push(formatLink(c, window.page - 1, 'prev'), formatLink(c, 1, 'first'));
  }
  if (links.length > 0) c.header('link', links.join(', '));
  return items.slice(0, window.perPage);
}

/** Sets the `Link` header and returns the requested page of a complete list. */
export function selectRequestedPage<T>(c: Context<ForgeEnv>, all: readonly T[]): T[] {
  const window = readPage(c);
  return takePage(c, window, all.slice(window.offset, window.offset + window.perPage + 1));
}

function formatLink(c: Context<ForgeEnv>, page: number, relation: string): string {
  const url = new URL(c.req.url);
  url.searchParams.set('page', String(page));
  return `<${url.href}>; rel="${relation}"`;
}

export function toErrorResponse(error: HttpError): Response {
  return new Response(JSON.stringify(error.body), {
    status: error.status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
  });
}

export function sendJson(c: Context<ForgeEnv>, body: unknown, status: ContentfulStatusCode = 200) {
  return c.body(JSON.stringify(body), status, {
    'content-type': 'application/json; charset=utf-8',
  });
}

/** Returns a path parameter, which the pattern of the route must contain. */
export function readParam(c: Context<ForgeEnv>, name: string): string {
  return c.req.param(name) ?? '';
}

/** Returns a path parameter as an integer; 0 if the text is not an integer. Numbers and ids start at 1. */
export function readNumberParam(c: Context<ForgeEnv>, name: string): number {
  const value = Number(readParam(c, name));
  return Number.isSafeInteger(value) ? value : 0;
}
