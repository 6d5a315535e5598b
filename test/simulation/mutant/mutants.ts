import { parseAttemptId } from '../../../core/contract/id.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import type { Pod } from '../../../core/port/launcher.ts';
import type { Item } from '../../../core/port/table.ts';
import { loadTask } from '../../../core/store/task-store.ts';
import { formatTaskId } from '../judge/names.ts';
import type { Mutant } from './breach.ts';
import { dropConditions, isTaskState, omitDueAttributes, wrapForge, wrapTable } from './breach.ts';
import { lateLaunches } from './late-launches.ts';
import { pausedMerges } from './paused-merges.ts';

// Mutants of the rules for attempts, slots, dependencies, evidence, pull requests and due items.

const ENGINE_ACTOR = {
  kind: 'engine',
  invocation: 0,
  isLate: () => false,
  getReadTime: () => 0,
} as const;

/** Lists the pods of current attempts. */
async function listCurrentPods({ launcher, table }: EngineDeps): Promise<Pod[]> {
  const pods = await launcher.list();
  const isCurrent = await Promise.all(
    pods.map(async ({ attemptId }) => {
      const key = parseAttemptId(attemptId);
      return (
        key !== undefined &&
        (await loadTask(table, key))?.state.liveAttempt?.attemptNumber === key.attemptNumber
      );
    }),
  );
  return pods.filter((_, index) => isCurrent[index]);
}

export const ENGINE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a task with several dependencies starts after the merge of the first',
    changeDeps: wrapTable((table) => ({
      update: async (key, change, condition) => {
        const item = await table.update(key, change, condition);
        if (item === undefined || change.deleteFromSet === undefined) return item;
        const { waits: _, ...itemWithoutWaits } = item;
        return itemWithoutWaits as Item;
      },
    })),
    expectedViolation: /began before .* was merged/,
  },
  {
    name: 'calls of ended attempts are accepted',
    firstSeed: 3,
    emphasis: ['pod_reported_gone_too_early', 'pod_cut_off'],
    rewriteAttemptId: (attemptId, world) => {
      const key = parseAttemptId(attemptId);
      const newest = key && world.judge.newestAttempts.get(formatTaskId(key));
      return key === undefined || newest === undefined
        ? attemptId
        : `${formatTaskId(key)}.${newest}`;
    },
    expectedViolation:
      /although a newer attempt had begun|the engine merged commit \w+, which no attempt reported/,
  },
  {
    name: 'a slot is freed before the pod of its attempt is gone',
    changeDeps: (deps) => ({
      ...deps,
      launcher: {
        ...deps.launcher,
        remove: async (name, uid) => {
          await deps.launcher.remove(name, uid);
          return 'gone';
        },
      },
    }),
    expectedViolation:
      /\d+ pods exceed the \w+ cap of \d+|still exists after|never told the engine/,
  },
  {
    name: 'pods are never removed',
    changeDeps: (deps) => ({
      ...deps,
      launcher: { ...deps.launcher, remove: async () => 'gone' },
    }),
    expectedViolation:
      /\d+ pods exceed the \w+ cap of \d+|still exists after|never told the engine/,
  },
  {
    name: 'leftover pods of attempts that are no longer current are never removed',
    emphasis: lateLaunches.emphasis,
    companionFault: lateLaunches.changeDeps,
    changeDeps: (deps) => ({
      ...deps,
      launcher: { ...deps.launcher, list: () => listCurrentPods(deps) },
    }),
    expectedViolation: /still exists after|never told the engine/,
  },
  {
    name: 'evidence stays current whatever has changed in the root branch',
    changeDeps: wrapForge((forge) => ({
      compareCommits: async (repo, base, head) => ({
        ...(await forge.compareCommits(repo, base, head)),
        files: [],
      }),
    })),
    expectedViolation: /without current evidence/,
  },
  {
    name: 'the engine merges the current head instead of the verified commit',
    firstSeed: 9,
    emphasis: ['person_pushes_to_task_branch', 'webhook_lost', 'forge_head_stale'],
    changeDeps: wrapForge((forge, world) => ({
      mergePull: (repo, number, merge) => {
        const repository = world.forge.getRepository(repo);
        const sha = world.forge.readHeadSha(repository, world.forge.getPull(repo, number));
        return forge.mergePull(repo, number, { ...merge, sha });
      },
    })),
    expectedViolation: /without current evidence/,
  },
  {
    name: 'task branches are moved by force',
    changeDeps: wrapForge((_, world) => ({
      moveBranch: async (repo, branch, sha) => {
        world.forge.setBranch(repo, branch, sha, ENGINE_ACTOR);
        return 'moved';
      },
    })),
    expectedViolation: /by force/,
  },
  {
    name: 'slots are taken without a check of the version of the stored slots',
    changeDeps: dropConditions((_, sk) => sk === 'SLOTS'),
    expectedViolation: /\d+ pods exceed the \w+ cap of \d+/,
  },
  {
    name: 'tasks are written without a check of the stored version',
    changeDeps: dropConditions(isTaskState),
    // An overwritten state can break any of several rules.
    expectedViolation:
      /did not end after the faults|for the ended attempt|without the saved commit|the history of/,
  },
  {
    name: 'a pull request that leaves the merge queue unmerged does not become a draft',
    firstSeed: 30,
    emphasis: ['pod_starts_late', 'launch_refused', 'agent_fails', 'provider_refuses_attempt'],
    companionFault: pausedMerges.changeDeps,
    changeDeps: wrapForge(() => ({ markDraft: async () => {} })),
    expectedViolation:
      /without current evidence|was working on its task|although changes were requested/,
  },
  {
    name: 'no stored item is ever marked as due',
    changeDeps: wrapTable((table) => ({
      put: (item, condition) => table.put(omitDueAttributes(item), condition),
      update: (key, change, condition) =>
        table.update(key, { ...change, set: omitDueAttributes(change.set ?? {}) }, condition),
    })),
    expectedViolation: /did not end after the faults|still exists/,
  },
  {
    name: 'the dependents of a merged task are never released',
    changeDeps: wrapTable((table) => ({
      query: async (pk, options) =>
        options?.prefix === 'DEP#' ? { items: [] } : table.query(pk, options),
    })),
    expectedViolation: /did not end after the faults/,
  },
  {
    name: 'a second pull request is opened although a closed one exists for the branch',
    changeDeps: wrapForge((forge, world) => ({
      findPull: async (repo, query) => {
        const pull = await forge.findPull(repo, query);
        return pull?.state === 'closed' ? undefined : pull;
      },
      ensurePull: async (repo, pullToOpen) => {
        const pull = await forge.ensurePull(repo, pullToOpen);
        return pull.state === 'closed'
          ? world.forge.openPull(repo, pullToOpen, ENGINE_ACTOR)
          : pull;
      },
    })),
    expectedViolation: /a second pull request/,
  },
  {
    name: 'a root pull request is ready before its verification',
    changeDeps: wrapForge((forge) => ({
      ensurePull: async (repo, pullToOpen) => {
        const pull = await forge.ensurePull(repo, pullToOpen);
        if (pullToOpen.head.endsWith('/root')) await forge.markReady(repo, pull);
        return pull;
      },
    })),
    expectedViolation: /which no end node verified/,
  },
  {
    name: 'changes at the forge are never polled',
    emphasis: ['webhook_lost', 'person_merges_pull', 'person_closes_or_reopens_pull'],
    changeDeps: wrapForge(() => ({ listPullsChangedSince: async () => [] })),
    expectedViolation: /did not end after the faults/,
  },
  {
    name: 'pull requests of a cancelled plan stay open',
    firstSeed: 29,
    changeDeps: wrapForge(() => ({ closePull: async () => {} })),
    expectedViolation: /of the cancelled plan .* is still open|which the open pull request/,
  },
];
