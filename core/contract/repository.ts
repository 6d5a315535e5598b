import { z } from 'zod';
import { branchSchema, repoPathSchema } from './id.ts';

/** Command: an array of arguments, or a text without shell syntax, which is split at spaces. */
const commandSchema = z.union([
  z.array(z.string().min(1)).min(1),
  z.string().min(1).transform(splitCommand),
]);

function splitCommand(line: string, context: z.RefinementCtx): string[] {
  if (/[|&;<>()$`\\"'*?~#\n]/.test(line)) {
    context.addIssue({
      code: 'custom',
      message: `"${line}" uses shell syntax; write the command as a list of arguments, for example ["sh", "-c", "..."]`,
    });
    return z.NEVER;
  }
  return line.trim().split(/\s+/);
}

/** Reserved key. The schema rejects reserved keys, because a silently ignored setting would mislead the author of the file. */
const reservedKeySchema = z.never({ error: 'not supported yet; remove this key' });

/** Schema of `.smol-gang.yaml` at the root of a repository. The planner reads the file from the base commit. */
export const repositoryFileSchema = z
  .object({
    setup: z.array(commandSchema).max(20),
    verify: z.array(commandSchema).max(20),
    /** Paths that many tasks change (lockfiles, changelogs); an overlap there does not order tasks. */
    shared: z.array(repoPathSchema).max(100),
    env: z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), z.string().max(4_000)),
    /** Resources of a pod in Kubernetes notation; the process launcher ignores them. */
    resources: z.object({ cpu: z.string(), memory: z.string(), disk: z.string() }).partial(),
    /** Additional instructions for the prompt of every agent. */
    prompt: z.string().max(10_000),
    author: z.object({ name: z.string().min(1).max(100), email: z.email() }),
    signOff: z.boolean(),
    /** Template of pull request titles with the placeholders `{task}`, `{title}` and `{plan}`. */
    title: z.string().max(200),
    /** True if a merge requires evidence for the current head of the root branch. */
    strictMerge: z.boolean(),
    services: reservedKeySchema,
    ports: reservedKeySchema,
    environment: reservedKeySchema,
    dind: reservedKeySchema,
  })
  .partial()
  .strict();
/** Contents of `.smol-gang.yaml`. */
export type RepositoryFile = z.infer<typeof repositoryFileSchema>;

export const repositorySchema = z.object({
  id: z.string(),
  /** Name on the forge, `owner/name`. */
  name: z.string(),
  forge: z.enum(['local', 'github']),
  url: z.string(),
  /** Folder of a repository on the machine of the platform; absent for GitHub. */
  path: z.string().optional(),
  defaultBranch: z.string(),
  createdAt: z.number().int(),
  createdBy: z.string(),
});
/** Linked repository; `createdAt` in epoch milliseconds. */
export type Repository = z.infer<typeof repositorySchema>;

/** Name of a repository on its forge, `owner/name`. */
export const repositoryNameSchema = z
  .string()
  .regex(
    /^(?!\.{1,2}\/)[\w.-]{1,100}\/(?!\.{1,2}$)[\w.-]{1,100}$/,
    'a repository name is owner/name',
  );

export const linkRepositorySchema = z.union([
  z
    .object({
      name: repositoryNameSchema,
      forge: z.literal('github').default('github'),
    })
    .strict(),
  /** Repository on this machine, for a laptop installation. The platform changes only branches under BRANCH_PREFIX. */
  z
    .object({ path: z.string().min(1).max(1_000), forge: z.literal('local').default('local') })
    .strict(),
]);
/** Request to link a repository. */
export type LinkRepository = z.infer<typeof linkRepositorySchema>;

/** Repository of a plan. */
export const planRepositorySchema = z
  .object({
    /** Name of a linked repository, `owner/name`. */
    name: z.string().min(1).max(201),
    /** Base branch; defaults to the repository's default branch. */
    base: branchSchema.optional(),
    /** Commit to start from; defaults to the head of `base`. */
    baseSha: z
      .string()
      .regex(/^[0-9a-f]{40}$/)
      .optional(),
  })
  .strict();
