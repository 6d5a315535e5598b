import { parseAttemptId } from '../../../core/contract/id.ts';
import type { EngineDeps } from '../../../core/engine/engine-deps.ts';
import type { Pod } from '../../../core/port/launcher.ts';
import type { Item } from '../../../core/port/table.ts';
import { loadTask } from '../../../core/store/task-store.ts';
import { formatTaskId } from '../judge/names.ts';
import type { Mutant } from './breach.ts';
import { dropConditions, isTaskState, removeDue, wrapForge, wrapTable } from './breach.ts';
import { lateLaunches } from './late-launches.ts';
import { pausedMerges } from './paused-merges.ts';

// Mutants of the rules for leases, fences, dependencies and due items. The simulation has to detect each of them.

const ENGINE_ACTOR = {
  kind: 'engine',
  invocation: 0,
  isLate: () => false,
  readAt: () => 0,
} as const;

async function listOwnedPods({ launcher, table }: EngineDeps): Promise<Pod[]> {
  const pods = await launcher.list();
  const owned = await Promise.all(
    pods.map(async ({ attemptId }) => {
      const key = parseAttemptId(attemptId);
      return (
        key !== undefined && (await loadTask(table, key))?.state.current?.n === key.attemptNumber
      );
    }),
  );
  return pods.filter((_, place) => owned[place]);
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a task starts after its first dependency',
    deps: wrapTable((table) => ({
      update: async (key, change, condition) => {
        const item = await table.update(key, change, condition);
        if (item === undefined || change.deleteFromSet === undefined) return item;
        const { waits: _, ...rest } = item;
        return rest as Item;
      },
    })),
    expectedViolation: /began before .* was merged/,
  },
  {
    name: 'calls of ended attempts are accepted',
    firstSeed: 3,
    emphasis: ['pod_zombie', 'pod_cut_off'],
    rewriteAttemptId: (attemptId, world) => {
      const key = parseAttemptId(attemptId);
      const newest = key && world.judge.newestAttempts.get(formatTaskId(key));
      return key === undefined || newest === undefined
        ? attemptId
        : `${formatTaskId(key)}.${newest}`;
    },
    expectedViolation: /late result|the engine merged \w+, which no attempt reported in time/,
  },
  {
    name: 'a slot is freed before its pod is gone',
    deps: (deps) => ({
      ...deps,
      launcher: {
        ...deps.launcher,
        remove: async (name, uid) => {
          await deps.launcher.remove(name, uid);
          return 'gone';
        },
      },
    }),
    expectedViolation: /\d+ pods with a cap of \d+|left over|never requested/,
  },
  {
    name: 'pods are never removed',
    deps: (deps) => ({
      ...deps,
      launcher: { ...deps.launcher, remove: async () => 'gone' },
    }),
    expectedViolation: /\d+ pods with a cap of \d+|left over|never requested/,
  },
  {
    name: 'pods without an attempt are never removed',
    emphasis: lateLaunches.emphasis,
    companionBreach: lateLaunches.deps,
    deps: (deps) => ({
      ...deps,
      launcher: { ...deps.launcher, list: () => listOwnedPods(deps) },
    }),
    expectedViolation: /left over|never requested/,
  },
  {
    name: 'evidence stays valid after its root branch has moved',
    deps: wrapForge((forge) => ({
      compareCommits: async (repo, base, head) => ({
        ...(await forge.compareCommits(repo, base, head)),
        files: [],
      }),
    })),
    expectedViolation: /with evidence on/,
  },
  {
    name: 'the engine merges the current head instead of the verified commit',
    firstSeed: 9,
    emphasis: ['person_pushes', 'webhook_drop', 'forge_lag'],
    deps: wrapForge((forge, world) => ({
      mergePull: (repo, number, merge) => {
        const repository = world.forge.getRepository(repo);
        const sha = world.forge.readHeadSha(repository, world.forge.getPull(repo, number));
        return forge.mergePull(repo, number, { ...merge, sha });
      },
    })),
    expectedViolation: /with evidence on/,
  },
  {
    name: 'task branches are moved by force',
    deps: wrapForge((_, world) => ({
      moveBranch: async (repo, branch, sha) => {
        world.forge.setBranch(repo, branch, sha, ENGINE_ACTOR);
        return 'moved';
      },
    })),
    expectedViolation: /by force/,
  },
  {
    name: 'slots are taken without a check of their version',
    deps: dropConditions((_, sk) => sk === 'SLOTS'),
    expectedViolation: /\d+ pods with a cap of \d+/,
  },
  {
    name: 'tasks are written without a check of their version',
    deps: dropConditions(isTaskState),
    // A lost write can break any of several rules.
    expectedViolation:
      /neither ended nor progressed|for the ended attempt|without the kept commit|the history of/,
  },
  {
    name: 'the pull request of a withdrawn merge stays ready',
    firstSeed: 30,
    emphasis: ['pod_slow', 'launcher_refuse', 'agent_failed', 'agent_refused'],
    companionBreach: pausedMerges.deps,
    deps: wrapForge(() => ({ markDraft: async () => {} })),
    expectedViolation: /with evidence on|was working on its task|although changes were requested/,
  },
  {
    name: 'no item is ever due',
    deps: wrapTable((table) => ({
      put: (item, condition) => table.put(removeDue(item), condition),
      update: (key, change, condition) =>
        table.update(key, { ...change, set: removeDue(change.set ?? {}) }, condition),
    })),
    expectedViolation: /neither ended nor progressed/,
  },
  {
    name: 'dependent tasks are forgotten',
    deps: wrapTable((table) => ({
      query: async (pk, options) =>
        options?.prefix === 'DEP#' ? { items: [] } : table.query(pk, options),
    })),
    expectedViolation: /neither ended nor progressed/,
  },
  {
    name: 'a second pull request is opened beside a closed one',
    deps: wrapForge((forge, world) => ({
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
    name: 'the root pull request is ready from the start',
    deps: wrapForge((forge) => ({
      ensurePull: async (repo, pullToOpen) => {
        const pull = await forge.ensurePull(repo, pullToOpen);
        if (pullToOpen.head.endsWith('/root')) await forge.markReady(repo, pull);
        return pull;
      },
    })),
    expectedViolation: /which no end task verified/,
  },
  {
    name: 'changes at the forge are never polled',
    emphasis: ['webhook_drop', 'person_merges', 'person_closes'],
    deps: wrapForge(() => ({ listPullsChangedSince: async () => [] })),
    expectedViolation: /neither ended nor progressed/,
  },
  {
    name: 'pull requests of stopped work stay open',
    firstSeed: 29,
    deps: wrapForge(() => ({ closePull: async () => {} })),
    expectedViolation: /of the cancelled plan .* is open/,
  },
];
