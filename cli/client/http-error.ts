import { z } from 'zod';
import { parseRetryAfterMs } from '../../core/base/retry-after.ts';
import { errorBodySchema } from '../../core/contract/routes/route.ts';
import type { ExitCode } from '../cli-error.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { findErrorAdvice } from '../next-step.ts';
import { formatDuration } from '../render/layout/format-figures.ts';

const EXIT_BY_STATUS: Readonly<Record<number, ExitCode>> = {
  400: EXIT.usage,
  401: EXIT.denied,
  403: EXIT.denied,
  404: EXIT.notFound,
  409: EXIT.conflict,
  413: EXIT.usage,
  422: EXIT.usage,
  429: EXIT.unreachable,
  502: EXIT.unreachable,
  503: EXIT.unreachable,
  504: EXIT.unreachable,
};

const issuesSchema = z.object({
  issues: z.array(
    z.object({
      path: z.union([z.string(), z.array(z.union([z.string(), z.number()]))]),
      message: z.string(),
    }),
  ),
});

/** Creates the error for a refusal of the API, with the next step if there is one for the status or the code. */
export function createAnswerError(
  url: string,
  response: Response,
  body: unknown,
  now: number,
): CliError {
  const parsed = errorBodySchema.safeParse(body);
  if (!parsed.success) return createForeignAnswerError(url, response);
  const { code, message, details = {}, requestId } = parsed.data.error;
  const advice = chooseAdvice(response, requestId, now) ?? findErrorAdvice(code, details);
  return new CliError(
    EXIT_BY_STATUS[response.status] ?? EXIT.failed,
    code,
    [message, ...renderIssues(details)].join('\n  '),
    { details: { ...details, requestId }, ...(advice === undefined ? {} : { advice }) },
  );
}

function chooseAdvice(response: Response, requestId: string, now: number): string | undefined {
  if (response.status === 500) return `look for request ${requestId} in the log of the server`;
  if (response.status === 401) return 'sign in with `smol-gang login`, or set SMOL_GANG_TOKEN';
  const waitMs = parseRetryAfterMs(response.headers.get('retry-after'), now);
  if (response.status !== 429 || waitMs === undefined) return undefined;
  return `try again in ${formatDuration(waitMs)}`;
}

function renderIssues(details: Readonly<Record<string, unknown>>): string[] {
  const parsed = issuesSchema.safeParse(details);
  if (!parsed.success) return [];
  return parsed.data.issues.slice(0, 20).map((issue) => {
    const path = Array.isArray(issue.path) ? issue.path.join('.') : issue.path;
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
}

/** Creates the error for a server that answers but does not speak this API. */
export function createForeignAnswerError(url: string, response: Response): CliError {
  const type = response.headers.get('content-type') ?? 'no content type';
  return new CliError(
    EXIT.unreachable,
    'not_smol_gang',
    `the server at ${url} is not smol-gang (HTTP ${response.status}, ${type})`,
    { advice: 'set SMOL_GANG_URL to the URL where smol-gang runs' },
  );
}

/** Describes the first problems that a schema found, each with its path: "tasks.0.id: …; tasks.3: …". */
export function describeParseError(error: z.ZodError): string {
  const problems = error.issues.slice(0, 5).map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  const hiddenCount = error.issues.length - problems.length;
  return problems.join('; ') + (hiddenCount > 0 ? `; and ${hiddenCount} more` : '');
}
