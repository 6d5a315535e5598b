import { z } from 'zod';

/** A boolean, stored as 0 or 1. */
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
  /** False: the forge refuses drafts, as GitHub does in a private repository of a free account. */
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
/** A repository. `linked`: the git directory belongs to a person, so the forge never deletes the directory. */
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
  /** Merge commit of a merge in progress; the base branch may not contain the commit yet. Null: no merge in progress. */
  merging_sha: z.string().nullable(),
  merged_at: time.nullable(),
  merged_by: z.string().nullable(),
  closed_at: time.nullable(),
  created_at: time,
  updated_at: time,
});
/** A pull request; a merged pull request is `closed` and has `merged_at`. */
export type PullRow = z.infer<typeof pullRow>;

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
  /** Id of the review that contains this line comment; null for a line comment without a review, and for other kinds. */
  review: z.number().int().nullable(),
  at: time,
});
/** A submitted review (`review`), a comment on a line (`line`), or a comment on the whole pull request (`comment`). */
export type CommentRow = z.infer<typeof commentRow>;

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
/** A check run or commit status. A commit status has its state in `status` and its context in `name`. */
export type CheckRow = z.infer<typeof checkRow>;

export const ruleSchema = z.object({
  type: z.string(),
  parameters: z.record(z.string(), z.unknown()).optional(),
});

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
/** A ruleset, or the protection of a branch or pattern. */
export type RulesetRow = z.infer<typeof rulesetRow>;

export const accountRow = z.object({
  login: z.string(),
  type: z.enum(['User', 'Bot']),
  permission: z.enum(['read', 'write', 'admin']),
});
/** An account. `permission` applies to every repository. */
export type AccountRow = z.infer<typeof accountRow>;

export const tokenRow = z.object({
  login: z.string(),
  repositories: z.union([z.null(), json(z.array(z.number().int()))]),
  branch: z.string().nullable(),
  permissions: z.union([z.null(), json(z.record(z.string(), z.string()))]),
  expires_at: time.nullable(),
});
/** Account and limits of a token; a null limit allows everything. */
export type TokenRow = z.infer<typeof tokenRow>;
