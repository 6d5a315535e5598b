import type { Forge } from '../../../core/port/forge.ts';
import type { ForgeActor } from '../forge/forge-state.ts';
import { toReviewsKey } from '../forge/forge-state.ts';
import type { Invocation } from '../invocation.ts';
import { performEffect } from '../invocation.ts';
import type { World } from '../world.ts';

/** Creates the forge port of an invocation; every call may be delayed, fail or lose its answer. */
export function createForgePort(world: World, invocation: Invocation): Forge {
  const { forge } = world;
  const on = <T>(what: string, act: () => T): Promise<T> =>
    performEffect(world, invocation, { port: 'forge', operation: what }, act);
  const by: ForgeActor = {
    kind: 'engine',
    invocation: invocation.id,
    isLate: () => invocation.faults.has('freeze'),
    readAt: (repo, branch) => invocation.readAt.get(`${repo} ${branch}`) ?? 0,
  };
  return {
    readRepository: (repo) =>
      on('repository', () => ({
        name: repo,
        defaultBranch: 'main',
        private: false,
        url: `https://forge.test/${repo}`,
        cloneUrl: `https://forge.test/${repo}.git`,
        mergeMethods: ['merge'],
        allowsDrafts: true,
        archived: false,
        permissions: { push: true, pull: true, admin: false },
      })),
    runPreflight: () => on('preflight', () => []),
    readBranchHead: (repo, branch) =>
      on('branchHead', () => {
        invocation.readAt.set(`${repo} ${branch}`, world.loop.now);
        return forge.readHead(repo, branch);
      }),
    listBranches: (repo, prefix) =>
      on('listBranches', () =>
        [...forge.getRepository(repo).branches]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, sha]) => ({ name, sha })),
      ),
    ensureBranch: (repo, branch, sha) =>
      on('ensureBranch', () => {
        const head = forge.readHead(repo, branch);
        if (head !== undefined) return head;
        forge.setBranch(repo, branch, sha, by);
        return sha;
      }),
    moveBranch: (repo, branch, sha) =>
      on('moveBranch', () => forge.moveBranch(repo, branch, sha, by)),
    deleteBranch: (repo, branch) =>
      on('deleteBranch', () => forge.setBranch(repo, branch, undefined, by)),
    hasCommit: (repo, sha) => on('hasCommit', () => forge.getRepository(repo).graph.has(sha)),
    compareCommits: (repo, base, head) =>
      on('compare', () => {
        const { graph } = forge.getRepository(repo);
        const files = graph.listChanges(base, head).map((path) => ({
          path,
          status: 'modified' as const,
          additions: 1,
          deletions: 1,
        }));
        const mergeBase = graph.findMergeBase(base, head).sha;
        return {
          files,
          aheadBy: graph.countAhead(base, head),
          behindBy: graph.countAhead(head, base),
          mergeBase,
        };
      }),
    readTree: (repo, sha) =>
      on('tree', () => ({
        entries: [...forge.getRepository(repo).graph.get(sha).files.keys()].map((path) => ({
          path,
          type: 'file' as const,
        })),
        truncated: false,
      })),
    readFile: (repo, sha, path) => on('file', () => world.readFileText(repo, sha, path)),
    tryMerge: (repo, base, head) => on('tryMerge', () => forge.tryMerge(repo, base, head)),
    findPull: (repo, query) => on('findPull', () => forge.findPull(repo, query)),
    ensurePull: (repo, pull) => on('ensurePull', () => forge.ensurePull(repo, pull, by)),
    readPull: (repo, number) => on('pull', () => forge.readPull(repo, number)),
    listPullsChangedSince: (repo, since) =>
      on('changed', () => forge.listPullsChangedSince(repo, since)),
    updatePull: (repo, number) =>
      on('updatePull', () => {
        forge.getPull(repo, number);
      }),
    markReady: (repo, { number }) => on('markReady', () => forge.setDraft(repo, number, false, by)),
    markDraft: (repo, { number }) => on('markDraft', () => forge.setDraft(repo, number, true, by)),
    closePull: (repo, number) => on('closePull', () => forge.closePull(repo, number, by)),
    reopenPull: (repo, number) => on('reopenPull', () => forge.reopenPull(repo, number, by)),
    mergePull: (repo, number, merge) =>
      on('mergePull', () => forge.mergePull(repo, number, merge.sha, by)),
    readChecks: (repo, sha) => on('checks', () => forge.readChecks(repo, sha)),
    readReviews: (repo, number) =>
      on('reviews', () => {
        invocation.readAt.set(`${repo} ${toReviewsKey(number)}`, world.loop.now);
        const { reviews, comments } = forge.getPull(repo, number);
        return { reviews: [...reviews], comments: [...comments] };
      }),
    postComment: () => on('comment', () => undefined),
    createGitCredential: () =>
      on('gitCredential', () => ({
        username: 'x',
        password: 'y',
        expiresAt: world.loop.now + 3_600_000,
      })),
  };
}
