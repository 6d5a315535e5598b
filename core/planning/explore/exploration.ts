import { AppError } from '../../base/app-error.ts';
import { truncateText } from '../../base/safe-text.ts';
import type { RepositoryFile } from '../../contract/repository.ts';
import type { FoundCommands } from './find-commands.ts';
import { shortenOutline } from './outline.ts';
import type { FileProblem } from './parse-repository-file.ts';
import { describeFileProblem } from './parse-repository-file.ts';

/** The facts about a repository at a commit. Stored as JSON with at most about 130,000 characters. */
export type Exploration = {
  readonly repo: string;
  readonly sha: string;
  /** Number of listed files. */
  readonly fileCount: number;
  /** True if the tree has more entries than listed. */
  readonly truncated: boolean;
  /** Folders of submodules, at most 20. Absent: the listed tree has none. */
  readonly submodules?: string[];
  /** The tree as indented text. */
  readonly outline: string;
  /** Languages with their number of files, in descending order. */
  readonly languages: { readonly name: string; readonly fileCount: number }[];
  readonly packageManagers: string[];
  /** Paths of manifests and lockfiles. */
  readonly manifestPaths: string[];
  readonly manifests: ReadText[];
  readonly docs: ReadText[];
  /** Content of `.smol-gang.yaml`; undefined if the file is absent or has problems. */
  readonly config: RepositoryFile | undefined;
  /** Problems of `.smol-gang.yaml`; a plan with any problem must not start. */
  readonly problems: FileProblem[];
  readonly commands: FoundCommands;
  /** Globs of shared paths; overlaps in these paths do not order tasks. */
  readonly shared: string[];
  readonly pullTemplate: string | undefined;
  /** Number of calls to the forge. */
  readonly forgeCalls: number;
};

/** A text file of the repository, possibly shortened. */
export type ReadText = { readonly path: string; readonly text: string };

/** Throws AppError `repository_file_invalid`, with all problems in the message, if any `.smol-gang.yaml` has problems. */
export function requireValidRepositoryFiles(explorations: readonly Exploration[]): void {
  const problems = explorations.flatMap(({ repo, problems }) =>
    problems.map((problem) => `${repo}: ${describeFileProblem(problem)}`),
  );
  if (problems.length === 0) return;
  throw new AppError('invalid', 'repository_file_invalid', problems.join('\n'), {
    details: { problems },
  });
}

/** Describes a repository for a prompt in at most `maxChars`: the facts, then as much of tree, manifests and documents as fits. */
export function describeExploration(exploration: Exploration, maxChars: number): string {
  const facts = describeFacts(exploration);
  const remainingChars = Math.max(0, maxChars - facts.length);
  const outline = shortenOutline(exploration.outline, Math.floor(remainingChars * 0.45));
  const manifests = joinTexts(exploration.manifests, Math.floor(remainingChars * 0.25));
  const usedChars = outline.length + manifests.length;
  const docs = joinTexts(exploration.docs, Math.max(0, remainingChars - usedChars - 80));
  return [facts, `Files:\n${outline || '(none)'}`, manifests, docs]
    .filter((section) => section !== '')
    .join('\n\n');
}

function describeFacts(exploration: Exploration): string {
  const languages = exploration.languages
    .map(({ name, fileCount }) => `${name} ${fileCount}`)
    .join(', ');
  const more = exploration.truncated ? ' or more (the listing is cut off)' : '';
  return [
    `Repository ${exploration.repo}, ${exploration.fileCount} files${more}.`,
    `Languages by files: ${languages || 'none found'}.`,
    `Package managers: ${exploration.packageManagers.join(', ') || 'none found'}.`,
    `Manifests: ${truncateText(exploration.manifestPaths.join(', '), 800) || 'none'}.`,
    `Commands: ${truncateText(exploration.commands.description, 800)}.`,
    ...(exploration.submodules === undefined
      ? []
      : [
          `Submodules, whose folders are empty for the agents: ${exploration.submodules.join(', ')}.`,
        ]),
  ].join('\n');
}

function joinTexts(texts: readonly ReadText[], maxChars: number): string {
  let joined = '';
  for (const { path, text } of texts) {
    const remainingChars = maxChars - joined.length - path.length - 10;
    if (remainingChars < 200) break;
    joined += `${joined === '' ? '' : '\n\n'}${path}:\n${truncateText(text, remainingChars)}`;
  }
  return joined;
}
