import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MergeOutcome, PullQuery, PullRequest, Sha } from '../../core/port/forge.ts';

/**
 * Operations on one repository that the tests of the forge rules need. The promise of an operation rejects if the forge refuses
 * the operation.
 */
export type RuleForge = {
  /** Commits a change of `path` to a branch and returns the commit. Creates a missing branch from `main`. */
  commit(branch: string, path?: string): Promise<Sha>;
  /** Creates a branch, or moves the branch forward. */
  setBranch(branch: string, sha: Sha): Promise<void>;
  deleteBranch(branch: string): Promise<void>;
  /** Opens a pull request. Rejects if the branches already have an open pull request. */
  openPull(pull: PullToOpen): Promise<number>;
  closePull(number: number): Promise<void>;
  reopenPull(number: number): Promise<void>;
  markDraft(number: number): Promise<void>;
  findPull(query: PullQuery): Promise<PullRequest | undefined>;
  readPull(number: number): Promise<PullRequest>;
  /** Merges a pull request after mergeability is known. */
  mergePull(number: number, sha: Sha): Promise<MergeOutcome>;
  close(): Promise<void>;
};

/** Pull request to open; its title is the name of the head branch. */
export type PullToOpen = {
  readonly head: string;
  readonly base: string;
  readonly draft: boolean;
  readonly labels: readonly string[];
};

type Start = () => Promise<RuleForge>;

/** Tests the rules that the emulator, the simulated forge and the bench forge have in common. */
export function describeForgeRules(
  name: string,
  start: Start,
  /** `canConflict`: false if the forge does not simulate conflicts. */
  options: { readonly canConflict: boolean },
): void {
  describe(`${name}: rules`, () => {
    let forge: RuleForge;
    beforeAll(async () => {
      forge = await start();
    });
    afterAll(() => forge.close());

    const openPull = (head: string, base = 'main', change: Partial<PullToOpen> = {}) =>
      forge.openPull({ head, base, draft: false, labels: [], ...change });
    const readState = async (number: number) => (await forge.readPull(number)).state;
    const findNumber = async (head: string, base = 'main', labels: readonly string[] = []) =>
      (await forge.findPull({ head, base, labels: [...labels] }))?.number;

    describePullChoice();
    describeOpening();
    describeBranchMoves();
    describeMerging();

    function describePullChoice(): void {
      test('findPull prefers a reopened pull request to a newer closed pull request', async () => {
        await forge.commit('choose-open');
        const first = await openPull('choose-open');
        await forge.closePull(first);
        await forge.closePull(await openPull('choose-open'));
        await forge.reopenPull(first);

        expect(await findNumber('choose-open')).toBe(first);
      });

      test('findPull prefers a merged pull request to a newer closed pull request', async () => {
        const sha = await forge.commit('choose-merged');
        await forge.commit('choose-merged-base');
        const first = await openPull('choose-merged', 'choose-merged-base');
        await forge.mergePull(first, sha);
        await forge.commit('choose-merged', 'second.txt');
        await forge.closePull(await openPull('choose-merged', 'choose-merged-base'));

        expect(await findNumber('choose-merged', 'choose-merged-base')).toBe(first);
      });

      test('findPull returns the newest of two closed pull requests', async () => {
        await forge.commit('choose-closed');
        await forge.closePull(await openPull('choose-closed'));
        const second = await openPull('choose-closed');
        await forge.closePull(second);

        expect(await findNumber('choose-closed')).toBe(second);
      });

      test('findPull returns an open pull request into another base only for a query with its label', async () => {
        await forge.commit('choose-label');
        await forge.commit('choose-label-base');
        const number = await openPull('choose-label', 'choose-label-base', { labels: ['ours'] });

        expect(await findNumber('choose-label', 'main', ['ours'])).toBe(number);
        expect(await findNumber('choose-label', 'main', ['theirs'])).toBeUndefined();
        expect(await findNumber('choose-label', 'main')).toBeUndefined();
        await forge.closePull(number);
        expect(await findNumber('choose-label', 'main', ['ours'])).toBeUndefined();
      });
    }

    function describeOpening(): void {
      test('a second open pull request of the same branches is refused', async () => {
        await forge.commit('twin');
        await openPull('twin');

        await expect(openPull('twin')).rejects.toThrow(/already exists/);
      });

      test('a pull request without new commits is refused', async () => {
        const sha = await forge.commit('no-commits-base');
        await forge.setBranch('no-commits', sha);

        await expect(openPull('no-commits', 'no-commits-base')).rejects.toThrow(
          /No commits between/,
        );
      });

      test('a pull request with a missing head or base branch is refused', async () => {
        await forge.commit('half');

        await expect(openPull('half', 'missing')).rejects.toThrow();
        await expect(openPull('missing', 'main')).rejects.toThrow();
      });

      test('a closed pull request cannot be reopened while another pull request of its branches is open', async () => {
        await forge.commit('reopen-twin');
        const first = await openPull('reopen-twin');
        await forge.closePull(first);
        await openPull('reopen-twin');

        await expect(forge.reopenPull(first)).rejects.toThrow();
        expect(await readState(first)).toBe('closed');
      });

      test('a closed pull request cannot be reopened after its base branch received its commits', async () => {
        const base = await forge.commit('reopen-nothing-base');
        await forge.setBranch('reopen-nothing', base);
        const sha = await forge.commit('reopen-nothing', 'second.txt');
        const number = await openPull('reopen-nothing', 'reopen-nothing-base');
        await forge.closePull(number);
        await forge.setBranch('reopen-nothing-base', sha);

        await expect(forge.reopenPull(number)).rejects.toThrow();
        expect(await readState(number)).toBe('closed');
      });

      test('a closed pull request can be reopened after its deleted head branch was restored', async () => {
        const sha = await forge.commit('reopen-back');
        const number = await openPull('reopen-back');
        await forge.deleteBranch('reopen-back');
        await expect(forge.reopenPull(number)).rejects.toThrow();

        await forge.setBranch('reopen-back', sha);
        await forge.reopenPull(number);

        expect(await forge.readPull(number)).toMatchObject({ state: 'open', headSha: sha });
      });

      test('a merged pull request cannot be reopened', async () => {
        const sha = await forge.commit('reopen-merged');
        await forge.commit('reopen-merged-base');
        const number = await openPull('reopen-merged', 'reopen-merged-base');
        await forge.mergePull(number, sha);

        await expect(forge.reopenPull(number)).rejects.toThrow();
        expect(await readState(number)).toBe('merged');
      });

      test('a closed pull request cannot become a draft', async () => {
        await forge.commit('closed-draft');
        const number = await openPull('closed-draft');
        await forge.closePull(number);

        await expect(forge.markDraft(number)).rejects.toThrow();
      });
    }

    function describeBranchMoves(): void {
      test('the deletion of the head branch closes the pull request', async () => {
        await forge.commit('gone-head');
        await forge.commit('gone-head-base');
        const number = await openPull('gone-head', 'gone-head-base');

        await forge.deleteBranch('gone-head');

        expect(await readState(number)).toBe('closed');
        await expect(forge.reopenPull(number)).rejects.toThrow();
      });

      // GitHub closes such a pull request. Our forges keep it open, so that a person can restore the base or choose another base.
      test('the deletion of the base branch keeps the pull request open', async () => {
        await forge.commit('gone-base');
        await forge.commit('gone-base-base');
        const number = await openPull('gone-base', 'gone-base-base');

        await forge.deleteBranch('gone-base-base');

        expect(await readState(number)).toBe('open');
      });

      test('a pull request is merged when its base branch is moved to its head', async () => {
        const base = await forge.commit('taken-base');
        await forge.setBranch('taken', base);
        const sha = await forge.commit('taken', 'taken.txt');
        const number = await openPull('taken', 'taken-base');

        await forge.setBranch('taken-base', sha);

        expect(await forge.readPull(number)).toMatchObject({ state: 'merged', mergeSha: sha });
      });

      test('a push moves the head of an open pull request', async () => {
        await forge.commit('follow');
        const number = await openPull('follow');

        const sha = await forge.commit('follow', 'second.txt');

        expect(await forge.readPull(number)).toMatchObject({ state: 'open', headSha: sha });
      });
    }

    function describeMerging(): void {
      async function openWithBase(head: string, change: Partial<PullToOpen> = {}) {
        const sha = await forge.commit(head);
        await forge.commit(`${head}-base`, 'base.txt');
        return { sha, number: await openPull(head, `${head}-base`, change) };
      }

      test('a repeated merge returns the result of the first merge', async () => {
        const { sha, number } = await openWithBase('merge-twice');

        const first = await forge.mergePull(number, sha);

        expect(first.kind).toBe('merged');
        expect(await forge.mergePull(number, sha)).toEqual(first);
        expect(await readState(number)).toBe('merged');
      });

      test('a merge of an outdated head returns headMoved', async () => {
        const { sha, number } = await openWithBase('merge-old');
        await forge.commit('merge-old', 'second.txt');

        expect(await forge.mergePull(number, sha)).toEqual({ kind: 'headMoved' });
        expect(await readState(number)).toBe('open');
      });

      test('a merge of a draft is refused', async () => {
        const { sha, number } = await openWithBase('merge-draft', { draft: true });

        expect(await forge.mergePull(number, sha)).toEqual({
          kind: 'notMergeable',
          message: expect.stringContaining('still a draft'),
        });
      });

      test('a merge of a closed pull request is refused', async () => {
        const { sha, number } = await openWithBase('merge-closed');
        await forge.closePull(number);

        expect(await forge.mergePull(number, sha)).toEqual({
          kind: 'notMergeable',
          message: expect.stringContaining('not mergeable'),
        });
      });

      if (!options.canConflict) return;
      test('a merge of a pull request with conflicts is refused', async () => {
        const sha = await forge.commit('merge-conflict', 'shared.txt');
        await forge.commit('merge-conflict-base', 'shared.txt');
        const number = await openPull('merge-conflict', 'merge-conflict-base');

        expect(await forge.mergePull(number, sha)).toEqual({
          kind: 'notMergeable',
          message: expect.stringContaining('not mergeable'),
        });
      });
    }
  });
}
