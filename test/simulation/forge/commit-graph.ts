import type { Sha } from '../../../core/port/forge.ts';

// A model of git with the parts that merges need: a commit has parents, and each file has a single line of content.

/** By path: the line of content of a file. */
export type Files = ReadonlyMap<string, string>;
/** A commit; `index` counts the commits of the repository in the order of creation, from 0. */
export type Commit = {
  readonly sha: Sha;
  readonly index: number;
  readonly parents: readonly Sha[];
  readonly files: Files;
  /** Bit set with the indexes of the commit and all its ancestors. */
  readonly ancestors: Uint32Array;
};

/** The commits of a repository. */
export class CommitGraph {
  readonly #commits: Commit[] = [];
  readonly #bySha = new Map<Sha, Commit>();
  readonly #prefix: string;

  /** `prefix`: two hexadecimal digits at the start of every commit id, so that repositories have different ids. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  add(parents: readonly Sha[], files: Files): Commit {
    const index = this.#commits.length;
    const ancestors = new Uint32Array((index >> 5) + 1);
    for (const parent of parents)
      for (const [word, bits] of this.get(parent).ancestors.entries())
        ancestors[word] = (ancestors[word] ?? 0) | bits;
    ancestors[index >> 5] = (ancestors[index >> 5] ?? 0) | (1 << (index & 31));
    const sha = `${this.#prefix}${index.toString(16).padStart(4, '0')}`.padEnd(40, '0');
    const commit = { sha, index, parents, files, ancestors };
    this.#commits.push(commit);
    this.#bySha.set(sha, commit);
    return commit;
  }

  has(sha: Sha): boolean {
    return this.#bySha.has(sha);
  }

  get(sha: Sha): Commit {
    const commit = this.#bySha.get(sha);
    if (commit === undefined) throw new Error(`the simulated repository has no commit ${sha}`);
    return commit;
  }

  /** Returns true if `descendant` contains `ancestor`; a commit contains itself. */
  isAncestor(ancestor: Sha, descendant: Sha): boolean {
    const { index } = this.get(ancestor);
    return (((this.get(descendant).ancestors[index >> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  /** Returns the newest common ancestor: the common ancestor with the highest index, because a parent has a lower index than its child. */
  findMergeBase(a: Sha, b: Sha): Commit {
    const left = this.get(a).ancestors;
    const right = this.get(b).ancestors;
    for (let word = Math.min(left.length, right.length) - 1; word >= 0; word -= 1) {
      const common = (left[word] ?? 0) & (right[word] ?? 0);
      if (common === 0) continue;
      const commit = this.#commits[word * 32 + 31 - Math.clz32(common)];
      if (commit !== undefined) return commit;
    }
    throw new Error(`the commits ${a} and ${b} have no common ancestor`);
  }

  /** Counts the commits that `head` contains and `base` does not. */
  countAhead(base: Sha, head: Sha): number {
    const baseAncestors = this.get(base).ancestors;
    let count = 0;
    for (const [word, bits] of this.get(head).ancestors.entries()) {
      let missing = bits & ~(baseAncestors[word] ?? 0);
      for (; missing !== 0; missing &= missing - 1) count += 1;
    }
    return count;
  }

  /** Merges two commits. `conflicts` lists each path that both sides changed differently; such a path keeps the content of `ours`. */
  merge(ours: Sha, theirs: Sha): { readonly files: Files; readonly conflicts: string[] } {
    const baseFiles = this.findMergeBase(ours, theirs).files;
    const ourFiles = this.get(ours).files;
    const theirFiles = this.get(theirs).files;
    const files = new Map(ourFiles);
    const conflicts: string[] = [];
    for (const path of new Set([...theirFiles.keys(), ...baseFiles.keys()])) {
      const [base, our, their] = [baseFiles.get(path), ourFiles.get(path), theirFiles.get(path)];
      if (their === base || their === our) continue;
      if (our !== base) conflicts.push(path);
      else if (their === undefined) files.delete(path);
      else files.set(path, their);
    }
    return { files, conflicts };
  }

  /** Returns the paths whose content differs between two commits. */
  diff(a: Files, b: Files): string[] {
    const paths: string[] = [];
    for (const path of new Set([...a.keys(), ...b.keys()]))
      if (a.get(path) !== b.get(path)) paths.push(path);
    return paths;
  }

  /** Returns the paths that differ between `head` and the merge base of `head` and `base`, like the comparison of a forge. */
  listChanges(base: Sha, head: Sha): string[] {
    return this.diff(this.findMergeBase(base, head).files, this.get(head).files);
  }
}
