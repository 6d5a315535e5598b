import type { Sha } from '../../../core/port/forge.ts';

// Commits as git sees them, as far as merging is concerned: parents, and for each path one line of content.

export type Files = ReadonlyMap<string, string>;
export type Commit = {
  readonly sha: Sha;
  readonly index: number;
  readonly parents: readonly Sha[];
  readonly files: Files;
  /** One bit for each commit that is an ancestor, itself included. */
  readonly ancestors: Uint32Array;
};

export class CommitGraph {
  readonly #commits: Commit[] = [];
  readonly #bySha = new Map<Sha, Commit>();
  readonly #prefix: string;

  /** `prefix`: two hexadecimal digits that tell repositories apart. */
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
    if (commit === undefined) throw new Error(`no commit ${sha}`);
    return commit;
  }

  isAncestor(ancestor: Sha, of: Sha): boolean {
    const { index } = this.get(ancestor);
    return (((this.get(of).ancestors[index >> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  /** The newest common ancestor: later commits never are ancestors of earlier ones. */
  mergeBase(a: Sha, b: Sha): Commit {
    const left = this.get(a).ancestors;
    const right = this.get(b).ancestors;
    for (let word = Math.min(left.length, right.length) - 1; word >= 0; word -= 1) {
      const common = (left[word] ?? 0) & (right[word] ?? 0);
      if (common === 0) continue;
      const commit = this.#commits[word * 32 + 31 - Math.clz32(common)];
      if (commit !== undefined) return commit;
    }
    throw new Error(`${a} and ${b} have no common ancestor`);
  }

  /** Commits of `head` that `base` does not have. */
  ahead(base: Sha, head: Sha): number {
    const have = this.get(base).ancestors;
    let count = 0;
    for (const [word, bits] of this.get(head).ancestors.entries()) {
      let missing = bits & ~(have[word] ?? 0);
      for (; missing !== 0; missing &= missing - 1) count += 1;
    }
    return count;
  }

  /** A path that both sides changed, and not to the same, is a conflict; there `ours` is kept. */
  merge(ours: Sha, theirs: Sha): { readonly files: Files; readonly conflicts: string[] } {
    const base = this.mergeBase(ours, theirs).files;
    const mine = this.get(ours).files;
    const files = new Map(mine);
    const conflicts: string[] = [];
    const other = this.get(theirs).files;
    for (const path of new Set([...other.keys(), ...base.keys()])) {
      const [was, is, wants] = [base.get(path), mine.get(path), other.get(path)];
      if (wants === was || wants === is) continue;
      if (is !== was) conflicts.push(path);
      else if (wants === undefined) files.delete(path);
      else files.set(path, wants);
    }
    return { files, conflicts };
  }

  /** Paths that differ. */
  diff(a: Files, b: Files): string[] {
    const paths: string[] = [];
    for (const path of new Set([...a.keys(), ...b.keys()]))
      if (a.get(path) !== b.get(path)) paths.push(path);
    return paths;
  }

  /** As a forge compares: what head changed since its merge base with base. */
  changed(base: Sha, head: Sha): string[] {
    return this.diff(this.mergeBase(base, head).files, this.get(head).files);
  }
}
