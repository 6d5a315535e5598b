import { z } from 'zod';

// Reports about the paths of an attempt that a person or an agent should know.

/** Kinds of flags, in order of severity, the worst first. */
export const FLAG_KINDS = [
  'secret',
  'ci',
  'project_config',
  'verify',
  'test_deleted',
  'changed_during_verify',
  'submodule',
  'nested_repository',
  'lfs',
  'large',
  'case_collision',
  'out_of_scope',
] as const;
/** Kind of a flag. */
export type FlagKind = (typeof FLAG_KINDS)[number];

export const flagSchema = z.object({
  path: z.string(),
  /** Reasons, separated by semicolons. */
  why: z.string(),
  /** Worst kind of the reasons. */
  kind: z.enum(FLAG_KINDS).default('out_of_scope'),
});
/** Committed path that a person should review. */
export type Flag = z.infer<typeof flagSchema>;

export const flagCountsSchema = z.partialRecord(z.enum(FLAG_KINDS), z.number().int());
/** Number of flags by kind. */
export type FlagCounts = z.infer<typeof flagCountsSchema>;

const MAX_FIRST_FLAGS = 5;

export const flagSummarySchema = z.object({
  total: z.number().int(),
  byKind: flagCountsSchema,
  /** Worst flags. */
  first: z.array(flagSchema).max(MAX_FIRST_FLAGS),
});
/** Summary of flags that is small enough for every view. */
export type FlagSummary = z.infer<typeof flagSummarySchema>;

/** Limits of a flag in a summary, because every write of a task copies the summary. */
const MAX_SUMMARY_PATH_CHARS = 100;
const MAX_SUMMARY_WHY_CHARS = 60;

/** Orders flags by severity, then by path. */
export function sortFlags(flags: readonly Flag[]): Flag[] {
  return flags.toSorted(
    (a, b) => FLAG_KINDS.indexOf(a.kind) - FLAG_KINDS.indexOf(b.kind) || (a.path < b.path ? -1 : 1),
  );
}

/** Counts flags by kind. */
export function countFlags(flags: readonly Flag[]): FlagCounts {
  const counts: FlagCounts = {};
  for (const { kind } of flags) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Adds the counts of several lists. */
export function addFlagCounts(all: readonly FlagCounts[]): FlagCounts {
  const sum: FlagCounts = {};
  for (const counts of all)
    for (const kind of FLAG_KINDS)
      if (counts[kind] !== undefined) sum[kind] = (sum[kind] ?? 0) + counts[kind];
  return sum;
}

/** Returns the counts of the flags that `shown` does not contain; a kind without a further flag is omitted. */
export function subtractFlagCounts(all: FlagCounts, shown: FlagCounts): FlagCounts {
  const rest: FlagCounts = {};
  for (const kind of FLAG_KINDS) {
    const count = (all[kind] ?? 0) - (shown[kind] ?? 0);
    if (count > 0) rest[kind] = count;
  }
  return rest;
}

/**
 * Summarises flags; undefined if there is none.
 *
 * @param counts counts of all flags, if `flags` lists only the worst
 */
export function summariseFlags(
  flags: readonly Flag[],
  counts: FlagCounts = countFlags(flags),
): FlagSummary | undefined {
  const total = Object.values(counts).reduce((sum, count) => sum + (count ?? 0), 0);
  if (total === 0) return undefined;
  const first = sortFlags(flags)
    .slice(0, MAX_FIRST_FLAGS)
    .map(({ path, why, kind }) => ({
      path: path.slice(0, MAX_SUMMARY_PATH_CHARS),
      why: why.slice(0, MAX_SUMMARY_WHY_CHARS),
      kind,
    }));
  return { total, byKind: counts, first };
}

const KIND_TEXTS: Readonly<Record<FlagKind, string>> = {
  secret: 'possible secrets',
  ci: 'CI',
  project_config: 'configuration of smol-gang',
  verify: 'used by verify commands',
  test_deleted: 'deleted tests',
  changed_during_verify: 'changed during verification',
  submodule: 'submodules',
  nested_repository: 'nested repositories',
  lfs: 'outside Git LFS',
  large: 'large files',
  case_collision: 'names that differ only in case',
  out_of_scope: 'out of scope',
};

/** Describes counts by kind, the worst kind first, such as "1 CI, 2 out of scope". */
export function describeFlagCounts(counts: FlagCounts): string {
  return FLAG_KINDS.filter((kind) => (counts[kind] ?? 0) > 0)
    .map((kind) => `${counts[kind]} ${KIND_TEXTS[kind]}`)
    .join(', ');
}

export const UNCOMMITTED_CAUSES = [
  'ignored',
  'out_of_scope',
  'nested_repository',
  'special_file',
] as const;
/** Cause for which git or the platform does not commit a changed path. */
export type UncommittedCause = (typeof UNCOMMITTED_CAUSES)[number];

export const uncommittedSchema = z.object({
  /** First part of the paths; `.` for paths without a folder. */
  folder: z.string().max(200),
  count: z.number().int().min(1),
  cause: z.enum(UNCOMMITTED_CAUSES),
  examples: z.array(z.string().max(200)).max(3),
});
/** Paths of one folder that an attempt created or changed and that its commit does not contain. */
export type Uncommitted = z.infer<typeof uncommittedSchema>;

const CAUSE_TEXTS: Readonly<Record<UncommittedCause, string>> = {
  ignored: 'ignored by git',
  out_of_scope: 'in the scope of another task',
  nested_repository: 'in another git repository inside the workspace',
  special_file: 'not a regular file',
};

/** Describes a group in a few words, such as "12 files in build/ (ignored by git), for example build/out.js". */
export function describeUncommitted({ folder, count, cause, examples }: Uncommitted): string {
  const files = count === 1 ? '1 file' : `${count} files`;
  const where = folder === '.' ? 'in the top folder' : `in ${folder}/`;
  const example = examples[0] === undefined ? '' : `, for example ${examples[0]}`;
  return `${files} ${where} (${CAUSE_TEXTS[cause]})${example}`;
}
