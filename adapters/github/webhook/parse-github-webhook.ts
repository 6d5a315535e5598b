import { z } from 'zod';

/**
 * Repository, and pull request or branch, that a webhook concerns. The engine reads the current state from the forge and uses
 * nothing else of the webhook.
 */
export type WebhookSubject = {
  readonly repo: string;
  readonly pull?: number;
  readonly branch?: string;
};

const repositorySchema = z.object({ full_name: z.string().min(3).max(201) });
const pullRequestSchema = z.object({
  number: z.number().int().positive(),
  head: z.object({ ref: z.string() }),
});
const checkSuiteSchema = z.object({ head_branch: z.string().nullish() });
const checkSchema = z.object({
  pull_requests: z.array(z.object({ number: z.number().int().positive() })).default([]),
  check_suite: checkSuiteSchema.optional(),
  head_branch: z.string().nullish(),
});

const pullSubjectSchema = z
  .object({ repository: repositorySchema, pull_request: pullRequestSchema })
  .transform(({ pull_request: pull }) => ({ pull: pull.number, branch: pull.head.ref }));

const SUBJECT_SCHEMAS: Readonly<Record<string, z.ZodType<Omit<WebhookSubject, 'repo'>>>> = {
  pull_request: pullSubjectSchema,
  pull_request_review: pullSubjectSchema,
  pull_request_review_comment: pullSubjectSchema,
  // Comments on issues have the same event name; only comments on pull requests count.
  issue_comment: z
    .object({
      issue: z.object({ number: z.number().int().positive(), pull_request: z.object({}) }),
    })
    .transform(({ issue }) => ({ pull: issue.number })),
  check_run: z
    .object({ check_run: checkSchema })
    .transform((event) => toCheckSubject(event.check_run)),
  check_suite: z
    .object({ check_suite: checkSchema })
    .transform((event) => toCheckSubject(event.check_suite)),
  status: z
    .object({ branches: z.array(z.object({ name: z.string() })).default([]) })
    .transform(({ branches }) => toBranchSubject(branches[0]?.name)),
  push: z
    .object({ ref: z.string().startsWith('refs/heads/') })
    .transform(({ ref }) => ({ branch: ref.slice('refs/heads/'.length) })),
};

/**
 * Parses a webhook; returns undefined for an event or payload that concerns no pull request or branch. `payload` is the parsed
 * body.
 */
export function parseGitHubWebhook(event: string, payload: unknown): WebhookSubject | undefined {
  const schema = Object.hasOwn(SUBJECT_SCHEMAS, event) ? SUBJECT_SCHEMAS[event] : undefined;
  const source = z.object({ repository: repositorySchema }).safeParse(payload);
  const subject = schema?.safeParse(payload);
  if (!source.success || !subject?.success) return undefined;
  return { repo: source.data.repository.full_name, ...subject.data };
}

function toCheckSubject(check: z.infer<typeof checkSchema>): Omit<WebhookSubject, 'repo'> {
  const [pull] = check.pull_requests;
  return {
    ...(pull !== undefined && { pull: pull.number }),
    ...toBranchSubject(check.check_suite?.head_branch ?? check.head_branch),
  };
}

function toBranchSubject(branch: string | null | undefined): { readonly branch?: string } {
  return branch ? { branch } : {};
}
