import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import type { ForgeEnv } from './forge-context.ts';
import { Problem } from './problem.ts';

const DEFAULT_PAGE = 30;
const MAX_PER_PAGE = 100;
/** What is asked for beyond it is empty as well. */
const MAX_PAGE = 1_000_000;

/** Parses the body; an empty one is an empty object. Throws 400 or 422. */
export async function readBody<T>(c: Context<ForgeEnv>, schema: z.ZodType<T>): Promise<T> {
  const text = await c.req.text();
  const result = schema.safeParse(parseJson(text));
  if (result.success) return result.data;
  throw new Problem(422, `Invalid request.\n\n${z.prettifyError(result.error)}`, { status: '422' });
}

function parseJson(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem(400, 'Problems parsing JSON', { status: '400' });
  }
}

export type PageWindow = {
  readonly page: number;
  readonly perPage: number;
  readonly offset: number;
};

export function readPage(c: Context<ForgeEnv>): PageWindow {
  const wanted = Math.trunc(Number(c.req.query('page') ?? 1)) || 1;
  const page = Math.min(MAX_PAGE, Math.max(1, wanted));
  const asked = Math.trunc(Number(c.req.query('per_page') ?? DEFAULT_PAGE)) || DEFAULT_PAGE;
  const perPage = Math.min(MAX_PER_PAGE, Math.max(1, asked));
  return { page, perPage, offset: (page - 1) * perPage };
}

/** Sets `Link` and cuts to the page: `items` are the page's and, when there is more, at least one after it. */
export function takePage<T>(c: Context<ForgeEnv>, window: PageWindow, items: readonly T[]): T[] {
  const links: string[] = [];
  if (items.length > window.perPage) links.push(link(c, window.page + 1, 'next'));
  if (window.page > 1) {
    links.push(link(c, window.page - 1, 'prev'), link(c, 1, 'first'));
  }
  if (links.length > 0) c.header('link', links.join(', '));
  return items.slice(0, window.perPage);
}

/** For a list that is at hand as a whole. */
export function takePageOfAll<T>(c: Context<ForgeEnv>, all: readonly T[]): T[] {
  const window = readPage(c);
  return takePage(c, window, all.slice(window.offset, window.offset + window.perPage + 1));
}

function link(c: Context<ForgeEnv>, page: number, relation: string): string {
  const url = new URL(c.req.url);
  url.searchParams.set('page', String(page));
  return `<${url.href}>; rel="${relation}"`;
}

export function sendProblem(problem: Problem): Response {
  return new Response(JSON.stringify(problem.body), {
    status: problem.status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
  });
}

export function json(c: Context<ForgeEnv>, body: unknown, status: ContentfulStatusCode = 200) {
  return c.body(JSON.stringify(body), status, {
    'content-type': 'application/json; charset=utf-8',
  });
}

/** A path parameter that the route's pattern guarantees. */
export function param(c: Context<ForgeEnv>, name: string): string {
  return c.req.param(name) ?? '';
}

export function numberParam(c: Context<ForgeEnv>, name: string): number {
  const value = Number(param(c, name));
  return Number.isSafeInteger(value) ? value : 0;
}
