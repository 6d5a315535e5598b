import { RequestError } from 'octokit';
import { z } from 'zod';
import type { ErrorKind } from '../../core/base/app-error.ts';
import { AppError } from '../../core/base/app-error.ts';
import { describeError } from '../../core/base/describe-error.ts';
import type { Headers } from './create-quota.ts';
import { createPausedError, isQuotaUsedUp, readPauseEnd } from './create-quota.ts';

const bodySchema = z.object({
  message: z.string().default(''),
  errors: z
    .array(
      z.union([
        z.string().transform((message) => ({ message })),
        z.object({
          message: z.string().optional(),
          field: z.string().optional(),
          code: z.string().optional(),
        }),
      ]),
    )
    .default([]),
});

const graphQlErrorSchema = z.object({
  name: z.literal('GraphqlResponseError'),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.undefined()])),
  errors: z.array(
    z.object({ type: z.string().default(''), message: z.string().default('') }).loose(),
  ),
});

/** Meaning of GitHub's messages with status 409 or 422; the first match counts. */
const MESSAGE_MEANINGS: readonly (readonly [RegExp, ErrorKind, string])[] = [
  [/no commits between/i, 'refused', 'no_commits'],
  [/pull request already exists/i, 'conflict', 'pull_exists'],
  [/reference already exists/i, 'conflict', 'branch_exists'],
  [/reference does not exist/i, 'notFound', 'branch_missing'],
  [/not a fast.forward/i, 'conflict', 'not_fast_forward'],
  [/object does not exist|no commit found/i, 'notFound', 'commit_missing'],
  [/repository is empty/i, 'conflict', 'repository_empty'],
  [/draft pull requests are not supported/i, 'refused', 'drafts_unsupported'],
  [/rule violations|protected branch|protected ref/i, 'refused', 'rule'],
  [/merge conflict/i, 'conflict', 'merge_conflict'],
  [/state cannot be changed/i, 'refused', 'cannot_reopen'],
  [/reference update failed/i, 'refused', 'branch_clash'],
];

const RATE_LIMIT = /rate limit|abuse detection/i;

/**
 * Converts any error of a request. The message starts with `action`, for example `read acme/shop`; `now` is in epoch
 * milliseconds.
 */
export function translateError(error: unknown, action: string, now: number): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof RequestError) return translateRequestError(error, action, now);
  const graphQlError = graphQlErrorSchema.safeParse(error);
  if (graphQlError.success) return translateGraphQlError(graphQlError.data, error, action, now);
  const message = `${action}: ${describeError(error)}`;
  return new AppError('transient', 'forge_unreachable', message, { cause: error });
}

/** Returns true if GitHub refused a request because of a rate limit. */
export function isRateLimited(error: RequestError): boolean {
  if (error.status === 429) return true;
  if (error.status !== 403) return false;
  const headers: Headers = error.response?.headers ?? {};
  return (
    headers['retry-after'] !== undefined ||
    isQuotaUsedUp(headers) ||
    RATE_LIMIT.test(readErrorMessage(error))
  );
}

/** Reads GitHub's message and its details, without the generic text "Validation Failed". */
export function readErrorMessage(error: RequestError): string {
  const body = bodySchema.safeParse(error.response?.data);
  if (!body.success) return error.message;
  const details = body.data.errors.map((entry) => {
    if (entry.message !== undefined) return entry.message;
    return 'field' in entry ? `${entry.field ?? 'a field'} is ${entry.code ?? 'wrong'}` : '';
  });
  const message = body.data.message.replace(/\s*\n+\s*/g, ': ').replace(/: $/, '');
  const isGeneric = /^validation failed$/i.test(message) && details.length > 0;
  return (isGeneric ? details : [message, ...details]).filter(Boolean).join('; ');
}

function translateRequestError(error: RequestError, action: string, now: number): AppError {
  const headers: Headers = error.response?.headers ?? {};
  const reason = readErrorMessage(error);
  const message = `${action}: ${reason}`;
  if (isRateLimited(error)) return createPausedError(readPauseEnd(headers, now), message, error);
  const [kind, code] = classifyError(error.status, reason);
  return new AppError(kind, code, message, { cause: error, details: { status: error.status } });
}

function classifyError(status: number, message: string): readonly [ErrorKind, string] {
  if (status >= 500) return ['transient', 'forge_failed'];
  if (status === 401) return ['auth', 'forge_credential'];
  if (status === 404 || status === 410) return ['notFound', 'forge_not_found'];
  if (status === 403) {
    return ['refused', /archived/i.test(message) ? 'archived' : 'forge_forbidden'];
  }
  const meaning = MESSAGE_MEANINGS.find(([pattern]) => pattern.test(message));
  if (meaning !== undefined && (status === 409 || status === 422)) return [meaning[1], meaning[2]];
  if (status === 409) return ['conflict', 'forge_conflict'];
  return ['refused', status === 405 ? 'not_mergeable' : 'forge_refused'];
}

function translateGraphQlError(
  graphQlError: z.infer<typeof graphQlErrorSchema>,
  cause: unknown,
  action: string,
  now: number,
): AppError {
  const types = graphQlError.errors.map(({ type }) => type);
  const message = `${action}: ${graphQlError.errors.map((error) => error.message).join('; ')}`;
  if (types.includes('RATE_LIMITED') || RATE_LIMIT.test(message)) {
    return createPausedError(readPauseEnd(graphQlError.headers, now), message, cause);
  }
  if (types.includes('NOT_FOUND')) {
    return new AppError('notFound', 'forge_not_found', message, { cause });
  }
  if (types.includes('FORBIDDEN') || types.includes('INSUFFICIENT_SCOPES')) {
    return new AppError('refused', 'forge_forbidden', message, { cause });
  }
  if (/something went wrong|timed? ?out/i.test(message)) {
    return new AppError('transient', 'forge_failed', message, { cause });
  }
  const code = /draft/i.test(message) ? 'drafts_unsupported' : 'forge_refused';
  return new AppError('refused', code, message, { cause });
}
