import type { Flag, FlagKind } from '../../../core/contract/flag.ts';
import { sortFlags } from '../../../core/contract/flag.ts';
import type { GitPath } from './git-path.ts';
import { toDisplayPath } from './git-path.ts';
import type { CommittedChange, CompiledRules, ScopeRules } from './sort-changes.ts';
import { compileRules, isOwnPath } from './sort-changes.ts';

// Decides which committed changes a person should review.

/** Facts about the content of a changed file. */
export type ContentFacts = {
  /** Size of the new content, bytes. */
  readonly size: number;
  /** Size of the old content, bytes; undefined: unknown. */
  readonly oldSize: number | undefined;
  /** Descriptions of added texts that look like secrets. */
  readonly secrets: readonly string[];
};

/** Input of `flagChanges` besides the changes. */
export type FlagContext = {
  readonly rules: ScopeRules;
  readonly verify: readonly (readonly string[])[];
  /** Facts about contents, by path; a change without facts is judged by its path only. */
  readonly facts: ReadonlyMap<GitPath, ContentFacts>;
};

type Reason = { readonly kind: FlagKind; readonly text: string };

const CI_PATH =
  /^\.(github|gitea|forgejo)\/(workflows|actions|dependabot\.ya?ml|CODEOWNERS)|^\.(circleci|buildkite|ci|teamcity|semaphore|gitlab|husky|woodpecker)\/|(^|\/)(\.gitlab-ci|\.travis|\.drone|\.woodpecker|\.?appveyor|\.cirrus|azure-pipelines|bitbucket-pipelines|cloudbuild|buildspec|bitrise|codemagic|wercker|\.pre-commit-config)\.ya?ml$|(^|\/)(Jenkinsfile|CODEOWNERS)$/;
const PROJECT_CONFIG_FILE = /^\.smol-gang\.ya?ml$/;
const TEST_PATH =
  /(^|\/)(tests?|__tests__|spec|specs|testdata)\/|(^|\/)(test_[^/]*|conftest\.py|[^/]*([._-](test|spec)|_tests?)\.[^/]+|[^/]*Tests?\.(java|kt|cs|swift))$/;
const SUBMODULE_MODE = '160000';
const MB = 1_000_000;
/** Size from which a file is flagged, bytes. */
const LARGE_BYTES = 5 * MB;
/** Size from which GitHub may refuse the file, bytes. The limit of GitHub is 100 MB. */
const REFUSED_BYTES = 95 * MB;
/** File with the scripts of each script runner. A change of this file can change a verify command. */
const SCRIPT_FILES: Record<string, string> = {
  npm: 'package.json',
  pnpm: 'package.json',
  yarn: 'package.json',
  bun: 'package.json',
  make: 'Makefile',
  just: 'justfile',
  tox: 'tox.ini',
};

/** Returns the committed changes that a person should review, the worst first. */
export function flagChanges(changes: readonly CommittedChange[], context: FlagContext): Flag[] {
  const compiled = compileRules(context.rules);
  return sortFlags(
    changes.flatMap((change) => {
      const path = toDisplayPath(change.path);
      const reasons = [
        ...listPathReasons(path, change, compiled, context.verify),
        ...listContentReasons(path, context.facts.get(change.path)),
      ];
      return createFlag(path, reasons);
    }),
  );
}

/** Creates a flag with the worst kind of the reasons; none without a reason. */
function createFlag(path: string, reasons: readonly Reason[]): Flag[] {
  const sorted = sortFlags(reasons.map(({ kind, text }) => ({ path, why: text, kind })));
  const [worst] = sorted;
  if (worst === undefined) return [];
  return [{ path, why: sorted.map(({ why }) => why).join('; '), kind: worst.kind }];
}

function listPathReasons(
  path: string,
  { status, mode }: CommittedChange,
  rules: CompiledRules,
  verify: readonly (readonly string[])[],
): Reason[] {
  const reasons: Reason[] = [];
  if (!isOwnPath(path, rules))
    reasons.push({ kind: 'out_of_scope', text: 'outside the scope of the task' });
  if (CI_PATH.test(path)) reasons.push({ kind: 'ci', text: 'changes CI' });
  if (PROJECT_CONFIG_FILE.test(path))
    reasons.push({
      kind: 'project_config',
      text: 'changes how this repository is set up and verified',
    });
  if (verify.some((command) => commandUsesFile(command, path)))
    reasons.push({ kind: 'verify', text: 'used by a verify command' });
  if (status === 'D' && TEST_PATH.test(path))
    reasons.push({ kind: 'test_deleted', text: 'deletes a test' });
  if (mode === SUBMODULE_MODE)
    reasons.push({ kind: 'submodule', text: 'changes the commit of a submodule' });
  return reasons;
}

function listContentReasons(path: string, facts: ContentFacts | undefined): Reason[] {
  if (facts === undefined) return [];
  const { size, oldSize = 0, secrets } = facts;
  const reasons = secrets.map((text): Reason => ({ kind: 'secret', text }));
  if (TEST_PATH.test(path) && size < oldSize / 2)
    reasons.push({ kind: 'test_deleted', text: 'removes more than half of a test' });
  if (size > LARGE_BYTES) {
    const limit = size > REFUSED_BYTES ? '; GitHub refuses files above 100 MB' : '';
    reasons.push({ kind: 'large', text: `a file of ${Math.round(size / MB)} MB${limit}` });
  }
  return reasons;
}

/** Returns whether a command names the file, or runs a script runner that looks up its scripts in the file. */
function commandUsesFile(command: readonly string[], path: string): boolean {
  const [program = '', ...args] = command;
  const programName = program.slice(program.lastIndexOf('/') + 1);
  if (SCRIPT_FILES[programName] === path) return true;
  return [program, ...args].some((argument) => argument.replace(/^\.\//, '') === path);
}
