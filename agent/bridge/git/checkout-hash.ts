import { createHash } from 'node:crypto';
import { copyFile, rm } from 'node:fs/promises';
import { AttemptFailure } from '../attempt-error.ts';
import type { ProcessTable } from '../host/process-table.ts';
import type { Git } from './git.ts';
import { createGit } from './git.ts';
import type { GitPath } from './git-path.ts';
import { joinPaths } from './git-path.ts';
import { parsePaths, parseTreeEntries } from './parse-git-output.ts';

// Computes the tree of a checkout from its files. The objects of the bridge's repository belong to the same user as the agent, so an
// object may contain something else than its id says; only ids that are computed from contents can be trusted.

/** Folders of a checkout whose files are hashed. */
export type CheckoutLocation = {
  readonly processes: ProcessTable;
  /** Git directory of the bridge. */
  readonly gitDir: string;
  /** Folder with the files of the checkout. */
  readonly source: string;
  /** Path of an index file that does not exist yet; a second file gets the suffix `.hash`. */
  readonly indexFile: string;
  readonly signal: AbortSignal;
};

/** Returns the tree of a commit. Throws an AttemptFailure if the stored commit does not match its id. */
export async function readVerifiedTree(git: Git, commit: string): Promise<string> {
  const { stdout } = await git(['cat-file', 'commit', commit]);
  const content = Buffer.from(stdout, 'latin1');
  const hash = createHash('sha1').update(`commit ${content.length}\0`).update(content);
  const tree = /^tree ([0-9a-f]{40})\n/.exec(stdout)?.[1];
  if (tree === undefined || hash.digest('hex') !== commit) throw createTamperFailure(commit);
  return tree;
}

/** Hashes the files of one checkout. */
export class CheckoutHash {
  readonly #location: CheckoutLocation;
  readonly #tree: string;
  /** Blob id of each path in the tree. */
  readonly #blobs: ReadonlyMap<GitPath, string>;

  private constructor(location: CheckoutLocation, tree: string, blobs: Map<GitPath, string>) {
    this.#location = location;
    this.#tree = tree;
    this.#blobs = blobs;
  }

  /** Reads the entries of `tree`. Throws an AttemptFailure if the entries do not match the id of the tree. */
  static async open(location: CheckoutLocation, tree: string): Promise<CheckoutHash> {
    const git = createIndexGit(location, location.indexFile);
    const { stdout } = await git(['ls-tree', '-r', '-z', '--full-tree', tree]);
    await git(['update-index', '-z', '--index-info'], { input: Buffer.from(stdout, 'latin1') });
    const written = await git(['write-tree', '--missing-ok']);
    if (written.stdout.trim() !== tree) throw createTamperFailure(tree);
    return new CheckoutHash(location, tree, parseTreeEntries(stdout));
  }

  /**
   * Returns the id of the tree that the files of the checkout make; only the paths of the original tree count. Returns undefined if
   * the files cannot be hashed, for example because a path became a socket.
   */
  async computeTree(): Promise<string | undefined> {
    const { indexFile } = this.#location;
    const copy = `${indexFile}.hash`;
    try {
      await copyFile(indexFile, copy);
      const git = createIndexGit(this.#location, copy);
      const update = await git(
        ['update-index', '-z', '--add', '--remove', '--replace', '--stdin'],
        { input: joinPaths([...this.#blobs.keys()]), acceptedExitCodes: [0, 128] },
      );
      if (update.exitCode !== 0) return undefined;
      return (await git(['write-tree', '--missing-ok'])).stdout.trim();
    } finally {
      await rm(copy, { force: true });
    }
  }

  /** Throws an AttemptFailure unless the files are exactly the files of the tree. */
  async requireUnchanged(): Promise<void> {
    const tree = await this.computeTree();
    if (tree === this.#tree) return;
    const differing = tree === undefined ? undefined : await this.listDifferences(this.#tree, tree);
    // The attributes of a repository may convert line ends, so that only the contents without a conversion match.
    const hasOnlyConversions = differing !== undefined && (await this.#matchRawContents(differing));
    if (!hasOnlyConversions) throw createTamperFailure(this.#tree);
  }

  /** Lists the paths that differ between two trees. */
  async listDifferences(from: string, to: string): Promise<GitPath[]> {
    const git = createIndexGit(this.#location, this.#location.indexFile);
    return parsePaths((await git(['diff-tree', '-r', '-z', '--name-only', from, to])).stdout);
  }

  async #matchRawContents(paths: readonly GitPath[]): Promise<boolean> {
    // hash-object reads one path per line, so a path with a line break cannot be hashed.
    if (paths.some((path) => path.includes('\n'))) return false;
    const git = createIndexGit(this.#location, this.#location.indexFile);
    const output = await git(['hash-object', '--no-filters', '--stdin-paths'], {
      input: Buffer.from(paths.map((path) => `${path}\n`).join(''), 'latin1'),
      acceptedExitCodes: [0, 128],
    });
    const hashes = output.stdout.split('\n');
    return paths.every((path, index) => hashes[index] === this.#blobs.get(path));
  }

  /** Removes the index file. */
  async close(): Promise<void> {
    await rm(this.#location.indexFile, { force: true });
  }
}

function createIndexGit(location: CheckoutLocation, indexFile: string): Git {
  const { processes, gitDir, source, signal } = location;
  return createGit(processes, { gitDir, workTree: source, indexFile }, signal);
}

function createTamperFailure(id: string): AttemptFailure {
  const message = `the repository of the attempt was changed from outside: the contents of ${id} do not match this id. Nothing was delivered; try again`;
  return new AttemptFailure('agent', message);
}
