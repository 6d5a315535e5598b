import { z } from 'zod';
import { branchSchema, repoPathSchema } from './id.ts';

/** Argument arrays; a string is split on spaces and must not use shell syntax. */
const commandSchema = z.union([
  z.array(z.string().min(1)).min(1),
  z.string().min(1).transform(splitCommand),
]);

function splitCommand(line: string, context: z.RefinementCtx): string[] {
  if (/[|&;<>()$`\\"'*?~#\n]/.test(line)) {
    context.addIssue({
      code: 'custom',
      message: `"${line}" uses shell syntax; write it as a list of arguments, for example ["sh", "-c", "..."]`,
    });
    return z.NEVER;
  }
  return line.trim().split(/\s+/);
}

/** `.smol-gang.yaml` at the root of a repository, always read from the base commit. */
export const repositoryFileSchema = z
  .object({
    setup: z.array(commandSchema).max(20),
    verify: z.array(commandSchema).max(20),
    /** Paths that many tasks touch (lockfiles, changelogs): they order nobody. */
    shared: z.array(repoPathSchema).max(100),
    services: z
      .array(
        z.object({ name: z.string(), command: commandSchema, port: z.number().int().optional() }),
      )
      .max(10),
    ports: z
      .array(z.object({ name: z.string(), port: z.number().int().min(1).max(65_535) }))
      .max(20),
    env: z.record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/), z.string().max(4_000)),
    resources: z.object({ cpu: z.string(), memory: z.string(), disk: z.string() }).partial(),
    environment: z.string().max(80),
    /** Added to every agent's prompt. */
    prompt: z.string().max(10_000),
    author: z.object({ name: z.string().min(1).max(100), email: z.email() }),
    signOff: z.boolean(),
    /** Pull request titles; `{task}`, `{title}` and `{plan}` are filled. */
    title: z.string().max(200),
    strictMerge: z.boolean(),
    dind: z.boolean(),
  })
  .partial()
  .strict();
export type RepositoryFile = z.infer<typeof repositoryFileSchema>;

export const repositorySchema = z.object({
  id: z.string(),
  /** "owner/name" on its forge. */
  name: z.string(),
  forge: z.enum(['local', 'github']),
  url: z.string(),
  defaultBranch: z.string(),
  createdAt: z.number().int(),
  createdBy: z.string(),
});
export type Repository = z.infer<typeof repositorySchema>;

export const linkRepositorySchema = z.union([
  z
    .object({
      name: z
        .string()
        .regex(/^(?!\.{1,2}\/)[\w.-]{1,100}\/(?!\.{1,2}$)[\w.-]{1,100}$/, 'owner/name'),
      forge: z.literal('github').default('github'),
    })
    .strict(),
  /** Laptop only: an existing repository on this machine; only branches under the prefix are ever written to it. */
  z
    .object({ path: z.string().min(1).max(1_000), forge: z.literal('local').default('local') })
    .strict(),
]);
export type LinkRepository = z.infer<typeof linkRepositorySchema>;

/** A repository of a plan. */
export const planRepositorySchema = z
  .object({
    /** "owner/name" of a linked repository. */
    name: z.string().min(1).max(201),
    /** Default: the repository's default branch. */
    base: branchSchema.optional(),
    /** Default: the head of `base`. */
    baseSha: z
      .string()
      .regex(/^[0-9a-f]{40}$/)
      .optional(),
  })
  .strict();
