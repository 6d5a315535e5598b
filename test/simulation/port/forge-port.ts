import type { Forge } from '../../../core/port/forge.ts';
import type { ForgeActor } from '../forge/forge-state.ts';
import { toReviewsKey } from '../forge/forge-state.ts';
import type { Invocation } from '../invocation.ts';
import { performEffect } from '../invocation.ts';
import type { World } from '../world.ts';

/** Performs an operation of the port as an effect of the invocation. */
type ForgeCall = <T>(operation: string, perform: () => T) => Promise<T>;

/** Values that all calls of the port share. */
type PortContext = {
  readonly world: World;
  readonly invocation: Invocation;
  readonly actor: ForgeActor;
  readonly call: ForgeCall;
};

type BranchCalls = Pick<
  Forge,
  'readBranchHead' | 'listBranches' | 'ensureBranch' | 'moveBranch' | 'deleteBranch'
>;
type CommitCalls = Pick<
  Forge,
  'hasCommit' | 'compareCommits' | 'readPatch' | 'readTree' | 'readFile' | 'tryMerge'
>;
type RepositoryCalls = Omit<Forge, keyof BranchCalls | keyof CommitCalls | keyof PullCalls>;
type PullCalls = Pick<
  Forge,
  | 'findPull'
  | 'ensurePull'
  | 'readPull'
  | 'listPullsChangedSince'
  | 'updatePull'
  | 'markReady'
  | 'markDraft'
  | 'closePull'
  | 'changePullBase'
  | 'reopenPull'
  | 'mergePull'
  | 'readReviews'
>;

/** Creates the forge port of an invocation; every call may be delayed, fail or lose its answer. */
export function createForgePort(world: World, invocation: Invocation): Forge {
  const context: PortContext = {
    world,
    invocation,
    actor: {
      kind: 'engine',
      invocation: invocation.id,
      isLate: () => invocation.faults.has('handler_freeze'),
      getReadTime: (repo, branch) => invocation.readTimes.get(`${repo} ${branch}`) ?? 0,
    },
    call: (operation, perform) =>
      performEffect(world, invocation, { port: 'forge', operation }, perform),
  };
  return {
    workflowFiles: /^\.github\/workflows\/.+\.ya?ml$/,
    ...createRepositoryCalls(context),
    ...createBranchCalls(context),
    ...createCommitCalls(context),
    ...createPullCalls(context),
  };
}

function createRepositoryCalls({ world, call }: PortContext): RepositoryCalls {
  const { forge } = world;
  return {
    readRepository: (repo) =>
      call('repository', () => ({
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
    runPreflight: () => call('preflight', () => []),
    readChecks: (repo, sha) => call('checks', () => forge.readChecks(repo, sha)),
    postComment: () => call('comment', () => undefined),
    createGitCredential: () =>
      call('gitCredential', () => ({
        username: 'x',
        password: 'y',
        expiresAt: world.loop.now + 3_600_000,
      })),
  };
}

function createBranchCalls({ world, invocation, actor, call }: PortContext): BranchCalls {
  const { forge } = world;
  return {
    readBranchHead: (repo, branch) =>
      call('branchHead', () => {
        invocation.readTimes.set(`${repo} ${branch}`, world.loop.now);
        return forge.readHead(repo, branch);
      }),
    listBranches: (repo, prefix) =>
      call('listBranches', () =>
        [...forge.getRepository(repo).branches]
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, sha]) => ({ name, sha })),
      ),
    ensureBranch: (repo, branch, sha) =>
      call('ensureBranch', () => {
        const head = forge.readHead(repo, branch);
        if (head !== undefined) return head;
        forge.setBranch(repo, branch, sha, actor);
        return sha;
      }),
    moveBranch: (repo, branch, sha) =>
      call('moveBranch', () => forge.moveBranch(repo, branch, sha, actor)),
    deleteBranch: (repo, branch) =>
      call('deleteBranch', () => forge.setBranch(repo, branch, undefined, actor)),
  };
}

function createCommitCalls({ world, call }: PortContext): CommitCalls {
  const { forge } = world;
  return {
    hasCommit: (repo, sha) => call('hasCommit', () => forge.getRepository(repo).graph.has(sha)),
    readPatch: (repo, base, head) =>
      call('patch', () => ({
        text: forge.getRepository(repo).graph.listChanges(base, head).join('\n'),
        truncated: false,
      })),
    compareCommits: (repo, base, head) =>
      call('compare', () => {
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
      call('tree', () => ({
        entries: [...forge.getRepository(repo).graph.get(sha).files.keys()].map((path) => ({
          path,
          type: 'file' as const,
        })),
        truncated: false,
      })),
    readFile: (repo, sha, path) => call('file', () => world.readFileText(repo, sha, path)),
    tryMerge: (repo, base, head) => call('tryMerge', () => forge.tryMerge(repo, base, head)),
  };
}

function createPullCalls({ world, invocation, actor, call }: PortContext): PullCalls {
  const { forge } = world;
  return {
    findPull: (repo, query) => call('findPull', () => forge.findPull(repo, query)),
    ensurePull: (repo, pull) => call('ensurePull', () => forge.ensurePull(repo, pull, actor)),
    readPull: (repo, number) => call('pull', () => forge.readPull(repo, number)),
    listPullsChangedSince: (repo, since) =>
      call('changed', () => forge.listPullsChangedSince(repo, since)),
    updatePull: (repo, number) =>
      call('updatePull', () => {
        forge.getPull(repo, number);
      }),
    markReady: (repo, { number }) =>
      call('markReady', () => forge.setDraft(repo, number, false, actor)),
    markDraft: (repo, { number }) =>
      call('markDraft', () => forge.setDraft(repo, number, true, actor)),
    closePull: (repo, number) => call('closePull', () => forge.closePull(repo, number, actor)),
    changePullBase: (repo, number, base) =>
      call('changeBase', () => forge.setBase(repo, number, base, actor)),
    reopenPull: (repo, number) => call('reopenPull', () => forge.reopenPull(repo, number, actor)),
    mergePull: (repo, number, merge) =>
      call('mergePull', () => forge.mergePull(repo, number, merge.sha, actor)),
    readReviews: (repo, number) =>
      call('reviews', () => {
        invocation.readTimes.set(`${repo} ${toReviewsKey(number)}`, world.loop.now);
        const { reviews, comments } = forge.getPull(repo, number);
        return { reviews: [...reviews], comments: [...comments] };
      }),
  };
}
