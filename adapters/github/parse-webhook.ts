import { z } from 'zod';

/** What a webhook is about: a hint where to look, and nothing to believe. */
export type WebhookSubject = { repo: string; pull?: number; branch?: string };

const repository = z.object({ full_name: z.string().min(3).max(201) });
const pullRequest = z.object({
  number: z.number().int().positive(),
  head: z.object({ ref: z.string() }),
});
const suite = z.object({ head_branch: z.string().nullish() });
const checked = z.object({
  pull_requests: z.array(z.object({ number: z.number().int().positive() })).default([]),
  check_suite: suite.optional(),
  head_branch: z.string().nullish(),
});

const aboutPull = z
  .object({ repository, pull_request: pullRequest })
  .transform(({ pull_request: pull }) => ({ pull: pull.number, branch: pull.head.ref }));

const SUBJECTS: Readonly<Record<string, z.ZodType<Omit<WebhookSubject, 'repo'>>>> = {
  pull_request: aboutPull,
  pull_request_review: aboutPull,
  pull_request_review_comment: aboutPull,
  // Comments on issues come under the same name; only those on pull requests are meant.
  issue_comment: z
    .object({
      issue: z.object({ number: z.number().int().positive(), pull_request: z.object({}) }),
    })
    .transform(({ issue }) => ({ pull: issue.number })),
  check_run: z.object({ check_run: checked }).transform((event) => ofCheck(event.check_run)),
  check_suite: z.object({ check_suite: checked }).transform((event) => ofCheck(event.check_suite)),
  status: z
    .object({ branches: z.array(z.object({ name: z.string() })).default([]) })
    .transform(({ branches }) => withBranch(branches[0]?.name)),
  push: z
    .object({ ref: z.string().startsWith('refs/heads/') })
    .transform(({ ref }) => ({ branch: ref.slice('refs/heads/'.length) })),
};

/** Undefined for events and payloads that concern nobody here. `payload` is the parsed body. */
export function parseGitHubWebhook(event: string, payload: unknown): WebhookSubject | undefined {
  const schema = Object.hasOwn(SUBJECTS, event) ? SUBJECTS[event] : undefined;
  const where = z.object({ repository }).safeParse(payload);
  const subject = schema?.safeParse(payload);
  if (!where.success || !subject?.success) return undefined;
  return { repo: where.data.repository.full_name, ...subject.data };
}

function ofCheck(check: z.infer<typeof checked>): Omit<WebhookSubject, 'repo'> {
  const [pull] = check.pull_requests;
  return {
    ...(pull !== undefined && { pull: pull.number }),
    ...withBranch(check.check_suite?.head_branch ?? check.head_branch),
  };
}

function withBranch(branch: string | null | undefined): { branch?: string } {
  return branch ? { branch } : {};
}
