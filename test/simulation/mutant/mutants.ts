import { parseAttemptId } from '../../../core/contract/id.ts';
import type { EngineDeps } from '../../../core/engine/deps.ts';
import type { Pod } from '../../../core/port/launcher.ts';
import type { Item } from '../../../core/port/table.ts';
import { loadTask } from '../../../core/store/task-store.ts';
import { taskId } from '../judge/names.ts';
import { isTask, type Mutant, onForge, onTable, unconditional, withoutDue } from './break-rule.ts';
import { lateLaunches } from './late-launches.ts';
import { pausedMerges } from './paused-merges.ts';

// Each breaks one rule of the engine from outside. The simulation has to notice. Here: leases, fences, fan-in and what is due.

const ENGINE = { kind: 'engine', invocation: 0, isLate: () => false, readAt: () => 0 } as const;

async function listOwned({ launcher, table }: EngineDeps): Promise<Pod[]> {
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
    deps: onTable((table) => ({
      update: async (key, change, condition) => {
        const item = await table.update(key, change, condition);
        if (item === undefined || change.deleteFromSet === undefined) return item;
        const { waits: _, ...rest } = item;
        return rest as Item;
      },
    })),
    caught: /began before .* was merged/,
  },
  {
    name: 'attempts are not fenced by their number',
    from: 3,
    emphasis: ['pod_zombie', 'pod_cut_off'],
    attempt: (attemptId, world) => {
      const key = parseAttemptId(attemptId);
      const newest = key && world.judge.newest.get(taskId(key));
      return key === undefined || newest === undefined ? attemptId : `${taskId(key)}.${newest}`;
    },
    caught: /late result|no attempt reported in its time/,
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
    caught: /\d+ pods of \d+|left over|never asked to end/,
  },
  {
    name: 'pods are never ended',
    deps: (deps) => ({
      ...deps,
      launcher: { ...deps.launcher, remove: async () => 'gone' },
    }),
    caught: /\d+ pods of \d+|left over|never asked to end/,
  },
  {
    name: 'pods that no attempt owns are left alone',
    emphasis: lateLaunches.emphasis,
    beside: lateLaunches.deps,
    deps: (deps) => ({
      ...deps,
      launcher: { ...deps.launcher, list: () => listOwned(deps) },
    }),
    caught: /left over|never asked to end/,
  },
  {
    name: 'evidence never grows old',
    deps: onForge((forge) => ({
      compare: async (repo, base, head) => ({
        ...(await forge.compare(repo, base, head)),
        files: [],
      }),
    })),
    caught: /with evidence on/,
  },
  {
    name: 'whatever the head is now is merged',
    from: 9,
    emphasis: ['person_pushes', 'webhook_drop', 'forge_lag'],
    deps: onForge((forge, world) => ({
      mergePull: (repo, number, merge) => {
        const repository = world.forge.repo(repo);
        const sha = world.forge.headSha(repository, world.forge.truth(repo, number));
        return forge.mergePull(repo, number, { ...merge, sha });
      },
    })),
    caught: /with evidence on/,
  },
  {
    name: 'task branches are moved by force',
    deps: onForge((_, world) => ({
      moveBranch: async (repo, branch, sha) => {
        world.forge.setBranch(repo, branch, sha, ENGINE);
        return 'moved';
      },
    })),
    caught: /by force/,
  },
  {
    name: 'slots are taken without their version',
    deps: unconditional((_, sk) => sk === 'SLOTS'),
    caught: /\d+ pods of \d+/,
  },
  {
    name: 'tasks are written without their version',
    deps: unconditional(isTask),
    // A lost write shows wherever it falls.
    caught: /neither ended nor went on|which is over|which was kept/,
  },
  {
    name: 'a merge that is left undone is not made a draft',
    from: 30,
    emphasis: ['pod_slow', 'launcher_refuse', 'agent_failed', 'agent_refused'],
    beside: pausedMerges.deps,
    deps: onForge(() => ({ markDraft: async () => {} })),
    caught: /with evidence on|was mending it|although changes were asked for/,
  },
  {
    name: 'nothing is ever due',
    deps: onTable((table) => ({
      put: (item, condition) => table.put(withoutDue(item), condition),
      update: (key, change, condition) =>
        table.update(key, { ...change, set: withoutDue(change.set ?? {}) }, condition),
    })),
    caught: /neither ended nor went on/,
  },
  {
    name: 'dependents are forgotten',
    deps: onTable((table) => ({
      query: async (pk, options) =>
        options?.prefix === 'DEP#' ? { items: [] } : table.query(pk, options),
    })),
    caught: /neither ended nor went on/,
  },
  {
    name: 'a pull request is opened beside a closed one',
    deps: onForge((forge, world) => ({
      findPull: async (repo, query) => {
        const pull = await forge.findPull(repo, query);
        return pull?.state === 'closed' ? undefined : pull;
      },
      ensurePull: async (repo, wanted) => {
        const pull = await forge.ensurePull(repo, wanted);
        return pull.state === 'closed' ? world.forge.openPull(repo, wanted, ENGINE) : pull;
      },
    })),
    caught: /a second pull request/,
  },
  {
    name: 'the root pull request is ready from the start',
    deps: onForge((forge) => ({
      ensurePull: async (repo, wanted) => {
        const pull = await forge.ensurePull(repo, wanted);
        if (wanted.head.endsWith('/root')) await forge.markReady(repo, pull);
        return pull;
      },
    })),
    caught: /which no end verified/,
  },
  {
    name: 'what changed at the forge is never asked for',
    emphasis: ['webhook_drop', 'person_merges', 'person_closes'],
    deps: onForge(() => ({ pullsChangedSince: async () => [] })),
    caught: /neither ended nor went on/,
  },
  {
    name: 'pull requests of stopped work stay open',
    deps: onForge(() => ({ closePull: async () => {} })),
    caught: /of the cancelled plan .* is open/,
  },
];
