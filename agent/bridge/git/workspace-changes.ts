import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptFolders } from '../host/attempt-folders.ts';
import type { Git } from './git.ts';
import type { GitPath } from './git-path.ts';
import type { UncommittedPath } from './group-uncommitted.ts';
import type { RawChange } from './parse-git-output.ts';
import { parsePaths, parseRawDiff } from './parse-git-output.ts';
import type { Change } from './sort-changes.ts';
import type { WorkspaceEntry } from './walk-workspace.ts';
import { walkWorkspace } from './walk-workspace.ts';

/** Maximum number of files of a nested repository that are committed. A larger repository is probably a clone for reference. */
const MAX_NESTED_FILES = 2_000;
const GITLINK_MODE = '160000';
const REGULAR_FILE_MODE = /^100/;

/** Finds the changes of the agent in a workspace: changes that git can commit, and changes that no commit contains. */
export class WorkspaceChanges {
  readonly #git: Git;
  readonly #folders: AttemptFolders;
  /** Blob ids, by path, of the files that set-up changed. A file with the same blob id has not been changed by the agent. */
  #setupBlobs = new Map<GitPath, string>();
  /** Fingerprints of the untracked entries before the agent started, by path. */
  #baseline = new Map<GitPath, string>();
  /** Folders of nested repositories whose files are committed, with a slash at the end. */
  readonly nestedRepositories = new Set<GitPath>();

  constructor(git: Git, folders: AttemptFolders) {
    this.#git = git;
    this.#folders = folders;
  }

  /** Excludes the changes of set-up. Must be called once, after set-up and before the agent starts. */
  async ignoreSetupChanges(): Promise<void> {
    const untracked = await this.#git([
      'ls-files',
      '-z',
      '--others',
      '--exclude-standard',
      '--directory',
    ]);
    const excludes = parsePaths(untracked.stdout).map(
      (path) => `/${path.replace(/[\\*?[\]!# ]/g, '\\$&')}\n`,
    );
    // An exclude file cannot contain a path with a line break.
    const validExcludes = excludes.filter((line) => !line.slice(0, -1).includes('\n'));
    const bytes = Buffer.from(validExcludes.join(''), 'latin1');
    await appendFile(join(this.#folders.git, 'info/exclude'), bytes);
    const changed = (await this.listChanges()).filter((change) => change.status !== 'D');
    this.#setupBlobs = await this.#hashFiles(changed.map((change) => change.path));
    const entries = await this.#walk();
    this.#baseline = new Map(entries.map(({ path, fingerprint }) => [path, fingerprint]));
  }

  /** Lists the paths that differ from the index, except changes of set-up. Files of nested repositories are ordinary files. */
  async listChanges(): Promise<Change[]> {
    await this.#git(['update-index', '-q', '--ignore-submodules', '--refresh'], {
      acceptedExitCodes: [0, 1],
    });
    const changed = await this.#git([
      'diff-files',
      '-z',
      '--raw',
      '--no-abbrev',
      '--no-renames',
      '--ignore-submodules=all',
    ]);
    const untracked = await this.#git(['ls-files', '-z', '--others', '--exclude-standard']);
    const newFiles: GitPath[] = [];
    for (const path of parsePaths(untracked.stdout)) {
      // A path that ends with a slash is a nested repository.
      if (path.endsWith('/')) newFiles.push(...(await this.#listNestedRepository(path)));
      else newFiles.push(path);
    }
    const changes: Change[] = [
      ...(await this.#excludeEqualFiles(parseRawDiff(changed.stdout))),
      ...newFiles.map((path): Change => ({ path, status: 'A' })),
    ];
    return this.#excludeSetupChanges(changes);
  }

  /** Lists the files of a nested repository that are not ignored; none if the repository is too large. */
  async #listNestedRepository(folder: GitPath): Promise<GitPath[]> {
    const entries = await walkWorkspace(this.#folders.workspace, folder, new Set());
    const paths = entries.filter((entry) => entry.kind === 'file').map((entry) => entry.path);
    const files = await this.#excludeIgnored(paths);
    if (files.length > MAX_NESTED_FILES) return [];
    if (files.length > 0) this.nestedRepositories.add(folder);
    return files;
  }

  async #excludeIgnored(paths: readonly GitPath[]): Promise<GitPath[]> {
    if (paths.length === 0) return [];
    // The command refuses literal pathspecs. The prefix keeps a path that begins with a colon literal.
    const output = await this.#git(['check-ignore', '-z', '--stdin'], {
      input: Buffer.from(paths.map((path) => `./${path}\0`).join(''), 'latin1'),
      env: { GIT_LITERAL_PATHSPECS: '0' },
      acceptedExitCodes: [0, 1],
    });
    const ignored = new Set(parsePaths(output.stdout).map((path) => path.slice('./'.length)));
    return paths.filter((path) => !ignored.has(path));
  }

  /**
   * Lists the files that the agent created or changed and that the index does not contain. Must be called after the commit of a
   * turn.
   */
  async listUncommitted(): Promise<UncommittedPath[]> {
    const changed = (await this.#walk()).filter(
      ({ path, fingerprint }) => this.#baseline.get(path) !== fingerprint,
    );
    if (changed.length === 0) return [];
    const nested = await this.#listForeignFolders();
    return changed.map(({ path, kind }) => {
      if (kind === 'special') return { path, cause: 'special_file' };
      const isNested = nested.some((folder) => path.startsWith(folder));
      return { path, cause: isNested ? 'nested_repository' : 'ignored' };
    });
  }

  /** Lists the folders whose contents git never commits: submodules and large nested repositories. */
  async #listForeignFolders(): Promise<string[]> {
    const index = await this.#git(['ls-files', '-z', '--stage']);
    const submodules = index.stdout
      .split('\0')
      .filter((line) => line.startsWith(GITLINK_MODE))
      .map((line) => `${line.slice(line.indexOf('\t') + 1)}/`);
    const untracked = await this.#git(['ls-files', '-z', '--others', '--exclude-standard']);
    return [...submodules, ...parsePaths(untracked.stdout).filter((path) => path.endsWith('/'))];
  }

  async #walk(): Promise<WorkspaceEntry[]> {
    const index = await this.#git(['ls-files', '-z', '--cached']);
    const tracked = new Set<string>(parsePaths(index.stdout));
    return walkWorkspace(this.#folders.workspace, '', tracked);
  }

  /**
   * Excludes the files with the same bytes as in the index. Git lists such a file as changed if the committed content has CRLF line
   * ends and an attribute says that git stores LF.
   */
  async #excludeEqualFiles(changes: readonly RawChange[]): Promise<Change[]> {
    const candidates = changes.filter(
      ({ mode, oldMode }) => mode === oldMode && REGULAR_FILE_MODE.test(mode),
    );
    const blobs = await this.#hashFiles(candidates.map((change) => change.path));
    return changes
      .filter(({ path, oldBlob }) => blobs.get(path) !== oldBlob)
      .map(({ path, status }) => ({ path, status }));
  }

  async #excludeSetupChanges(changes: Change[]): Promise<Change[]> {
    const candidates = changes.filter(
      ({ path, status }) => status !== 'D' && this.#setupBlobs.has(path),
    );
    if (candidates.length === 0) return changes;
    const blobs = await this.#hashFiles(candidates.map((change) => change.path));
    return changes.filter(
      ({ path, status }) =>
        status === 'D' || !blobs.has(path) || blobs.get(path) !== this.#setupBlobs.get(path),
    );
  }

  async #hashFiles(paths: GitPath[]): Promise<Map<GitPath, string>> {
    // hash-object reads one path per line, so a path with a line break cannot be hashed.
    const hashable = paths.filter((path) => !path.includes('\n'));
    if (hashable.length === 0) return new Map();
    const output = await this.#git(['hash-object', '--no-filters', '--stdin-paths'], {
      input: Buffer.from(hashable.map((path) => `${path}\n`).join(''), 'latin1'),
      acceptedExitCodes: [0, 128],
    });
    const hashes = output.stdout.split('\n');
    return new Map(hashable.map((path, index) => [path, hashes[index] ?? '']));
  }
}
