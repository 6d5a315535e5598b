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

// Each breaks one rule of the engine from outside. The simulation has to notice. Here: leases, fences, fan-in and what is due.

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
      return key !== undefined && (await loadTask(table, key))?.state.current?.n === key.n;
    }),
  );
  return pods.filter((_, place) => owned[place]);
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a dependent is released by its first dependency',
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
    name: 'attempts are not fenced by their number',
    firstSeed: 3,
    emphasis: ['pod_zombie', 'pod_cut_off'],
    attempt: (attemptId, world) => {
      const key = parseAttemptId(attemptId);
      const newest = key && world.judge.newestAttempts.get(formatTaskId(key));
      return key === undefined || newest === undefined
        ? attemptId
        : `${formatTaskId(key)}.${newest}`;
    },
    expectedViolation: /late result|no attempt reported in its time/,
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
    expectedViolation: /\d+ pods of \d+|left over|never asked to end/,
  },
  {
    name: 'pods are never ended',
    deps: (deps) => ({
      ...deps,
      launcher: { ...deps.launcher, remove: async () => 'gone' },
    }),
    expectedViolation: /\d+ pods of \d+|left over|never asked to end/,
  },
  {
    name: 'pods that no attempt owns are left alone',
    emphasis: lateLaunches.emphasis,
    companionBreach: lateLaunches.deps,
    deps: (deps) => ({
      ...deps,
      launcher: { ...deps.launcher, list: () => listOwnedPods(deps) },
    }),
    expectedViolation: /left over|never asked to end/,
  },
  {
    name: 'evidence never grows old',
    deps: wrapForge((forge) => ({
      compareCommits: async (repo, base, head) => ({
        ...(await forge.compareCommits(repo, base, head)),
        files: [],
      }),
    })),
    expectedViolation: /with evidence on/,
  },
  {
    name: 'whatever the head is now is merged',
    firstSeed: 9,
    emphasis: ['person_pushes', 'webhook_drop', 'forge_lag'],
    deps: wrapForge((forge, world) => ({
      mergePull: (repo, number, merge) => {
        const repository = world.forge.repo(repo);
        const sha = world.forge.headSha(repository, world.forge.truth(repo, number));
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
    name: 'slots are taken without their version',
    deps: dropConditions((_, sk) => sk === 'SLOTS'),
    expectedViolation: /\d+ pods of \d+/,
  },
  {
    name: 'tasks are written without their version',
    deps: dropConditions(isTaskState),
    // A lost write shows wherever it falls.
    expectedViolation: /neither ended nor went on|which is over|which was kept/,
  },
  {
    name: 'a merge that is left undone is not made a draft',
    firstSeed: 30,
    emphasis: ['pod_slow', 'launcher_refuse', 'agent_failed', 'agent_refused'],
    companionBreach: pausedMerges.deps,
    deps: wrapForge(() => ({ markDraft: async () => {} })),
    expectedViolation: /with evidence on|was mending it|although changes were asked for/,
  },
  {
    name: 'nothing is ever due',
    deps: wrapTable((table) => ({
      put: (item, condition) => table.put(removeDue(item), condition),
      update: (key, change, condition) =>
        table.update(key, { ...change, set: removeDue(change.set ?? {}) }, condition),
    })),
    expectedViolation: /neither ended nor went on/,
  },
  {
    name: 'dependents are forgotten',
    deps: wrapTable((table) => ({
      query: async (pk, options) =>
        options?.prefix === 'DEP#' ? { items: [] } : table.query(pk, options),
    })),
    expectedViolation: /neither ended nor went on/,
  },
  {
    name: 'a pull request is opened beside a closed one',
    deps: wrapForge((forge, world) => ({
      findPull: async (repo, query) => {
        const pull = await forge.findPull(repo, query);
        return pull?.state === 'closed' ? undefined : pull;
      },
      ensurePull: async (repo, wanted) => {
        const pull = await forge.ensurePull(repo, wanted);
        return pull.state === 'closed' ? world.forge.openPull(repo, wanted, ENGINE_ACTOR) : pull;
      },
    })),
    expectedViolation: /a second pull request/,
  },
  {
    name: 'the root pull request is ready from the start',
    deps: wrapForge((forge) => ({
      ensurePull: async (repo, wanted) => {
        const pull = await forge.ensurePull(repo, wanted);
        if (wanted.head.endsWith('/root')) await forge.markReady(repo, pull);
        return pull;
      },
    })),
    expectedViolation: /which no end verified/,
  },
  {
    name: 'what changed at the forge is never asked for',
    emphasis: ['webhook_drop', 'person_merges', 'person_closes'],
    deps: wrapForge(() => ({ listPullsChangedSince: async () => [] })),
    expectedViolation: /neither ended nor went on/,
  },
  {
    name: 'pull requests of stopped work stay open',
    deps: wrapForge(() => ({ closePull: async () => {} })),
    expectedViolation: /of the cancelled plan .* is open/,
  },
];
