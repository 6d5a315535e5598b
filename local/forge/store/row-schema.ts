import { z } from 'zod';

const flag = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);
/** Epoch milliseconds. */
const time = z.number().int();

/** Creates the schema of a column that holds JSON text. */
function json<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);
}

export const settingsSchema = z.object({
  private: z.boolean().default(true),
  archived: z.boolean().default(false),
  allowMerge: z.boolean().default(true),
  allowSquash: z.boolean().default(true),
  allowRebase: z.boolean().default(false),
  /** False: drafts are refused, as in a private repository of a free GitHub account. */
  allowDrafts: z.boolean().default(true),
});
/** Settings of a repository. */
export type Settings = z.infer<typeof settingsSchema>;

export const repositoryRow = z.object({
  id: z.number().int(),
  name: z.string(),
  git_dir: z.string(),
  linked: flag,
  bare: flag,
  default_branch: z.string(),
  settings: json(settingsSchema),
  created_at: time,
});
/** A repository; `linked` ones belong to a person and are never deleted. */
export type RepositoryRow = z.infer<typeof repositoryRow>;

export const pullRow = z.object({
  id: z.number().int(),
  repository: z.number().int(),
  number: z.number().int(),
  title: z.string(),
  body: z.string(),
  state: z.enum(['open', 'closed']),
  draft: flag,
  head: z.string(),
  head_sha: z.string(),
  base: z.string(),
  base_sha: z.string(),
  author: z.string(),
  labels: json(z.array(z.string())),
  merge_sha: z.string().nullable(),
  /** Merge commit that was created and may not have reached the base branch. */
  merging_sha: z.string().nullable(),
  merged_at: time.nullable(),
  merged_by: z.string().nullable(),
  closed_at: time.nullable(),
  created_at: time,
  updated_at: time,
});
/** A pull request; a merged pull request is `closed` and has `merged_at`. */
export type PullRow = z.infer<typeof pullRow>;

/** `review`: a submitted review; `line`: a comment on a line; `comment`: a comment on the pull request. */
export const commentRow = z.object({
  id: z.number().int(),
  repository: z.number().int(),
  number: z.number().int(),
  kind: z.enum(['review', 'line', 'comment']),
  author: z.string(),
  body: z.string(),
  state: z.string().nullable(),
  commit_sha: z.string().nullable(),
  path: z.string().nullable(),
  line: z.number().int().nullable(),
  review: z.number().int().nullable(),
  at: time,
});
/** A review or comment of a pull request. */
export type CommentRow = z.infer<typeof commentRow>;

/** A check run or commit status. A commit status keeps its state in `status` and its context in `name`. */
export const checkRow = z.object({
  id: z.number().int(),
  repository: z.number().int(),
  sha: z.string(),
  kind: z.enum(['check', 'status']),
  name: z.string(),
  status: z.string(),
  conclusion: z.string().nullable(),
  title: z.string(),
  summary: z.string(),
  url: z.string().nullable(),
  author: z.string(),
  started_at: time,
  completed_at: time.nullable(),
});
/** A check run or commit status. */
export type CheckRow = z.infer<typeof checkRow>;

export const ruleSchema = z.object({
  type: z.string(),
  parameters: z.record(z.string(), z.unknown()).optional(),
});

/** A ruleset, or the protection of a branch or pattern. */
export const rulesetRow = z.object({
  id: z.number().int(),
  repository: z.number().int(),
  name: z.string(),
  kind: z.enum(['ruleset', 'protection']),
  body: json(
    z.object({
      enforcement: z.string().default('active'),
      include: z.array(z.string()),
      exclude: z.array(z.string()).default([]),
      rules: z.array(ruleSchema),
    }),
  ),
});
/** A ruleset or protection. */
export type RulesetRow = z.infer<typeof rulesetRow>;

export const accountRow = z.object({
  login: z.string(),
  type: z.enum(['User', 'Bot']),
  permission: z.enum(['read', 'write', 'admin']),
});
/** An account. `permission` holds for every repository. */
export type AccountRow = z.infer<typeof accountRow>;

export const tokenRow = z.object({
  login: z.string(),
  repositories: z.union([z.null(), json(z.array(z.number().int()))]),
  branch: z.string().nullable(),
  permissions: z.union([z.null(), json(z.record(z.string(), z.string()))]),
  expires_at: time.nullable(),
});
/** A token with its limits; null: no limit. */
export type TokenRow = z.infer<typeof tokenRow>;
