import type { Change, Item, Table } from '../../../core/port/table.ts';
import { KEY } from '../../../core/topology/table-keys.ts';
import type { Mutant } from './breach.ts';
import {
  changeSettings,
  corruptTaskState,
  corruptWrites,
  isPlanHead,
  isTaskState,
  spendRetryOnEvent,
  wrapForge,
  wrapTable,
} from './breach.ts';
import { pausedClaims } from './paused-claims.ts';

// Each breaks one rule of the engine from outside. Here: what is counted of an attempt, edits and what a plan's status holds back.

const getDocument = ({ set }: Change): string => (typeof set?.doc === 'string' ? set.doc : '');

/** The number of a task's attempt rises, and no attempt begins. */
function raisesAttemptNumber(before: Item | undefined, change: Change): boolean {
  const numberOf = (doc: unknown): number => Number(/"attempt":(\d+)/.exec(String(doc))?.[1] ?? 0);
  const doc = getDocument(change);
  return doc !== '' && !doc.includes('"current"') && numberOf(doc) > numberOf(before?.doc);
}

export const PROMISE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a slot that nobody claimed is freed for a late claim to use',
    companionBreach: pausedClaims.deps,
    deps: wrapTable((table) => ({
      update: async (key, change, condition) => {
        if (!isTaskState(key.pk, key.sk)) return table.update(key, change, condition);
        const before = await table.get(key);
        return raisesAttemptNumber(before, change) ? before : table.update(key, change, condition);
      },
    })),
    expectedViolation: /\d+ pods of \d+/,
  },
  {
    name: 'a refusal for a while spends a try',
    emphasis: ['agent_refused', 'agent_failed'],
    deps: spendRetryOnEvent('attempt_refused'),
    expectedViolation: /was given up after/,
  },
  {
    name: 'a pause of the forge is not heeded',
    emphasis: ['forge_paused'],
    deps: (deps) => {
      // Clients are told of it all the same.
      let isScheduling = false;
      const table: Table = {
        ...deps.table,
        get: (key) => {
          isScheduling ||= key.sk === KEY.slots().sk;
          return deps.table.get(key);
        },
        query: async (pk, options) => {
          const page = await deps.table.query(pk, options);
          return isScheduling && options?.prefix === 'PAUSE#' ? { items: [] } : page;
        },
      };
      return { ...deps, table };
    },
    expectedViolation: /began while its forge was said to refuse/,
  },
  {
    name: 'attempts may be lost for ever',
    firstSeed: 716,
    emphasis: ['pod_lost', 'pod_silent', 'pod_cut_off', 'pod_zombie', 'pod_unborn'],
    deps: changeSettings(({ settings: { bounds } }) => ({ bounds: { ...bounds, maxLosses: 99 } })),
    expectedViolation: /is the next after \d+ that were lost/,
  },
  {
    name: 'work is repaired for ever',
    companionBreach: wrapForge((forge, { faults }) => ({
      readChecks: async (repo, sha) =>
        faults.isActive
          ? { state: 'red', failing: [{ name: 'ci', summary: 'red' }], pending: [] }
          : forge.readChecks(repo, sha),
    })),
    deps: changeSettings(({ settings: { bounds } }) => ({ bounds: { ...bounds, maxRepairs: 99 } })),
    expectedViolation: /was repaired \d+ times/,
  },
  {
    name: 'what an attempt reported is forgotten',
    emphasis: ['answer_lost'],
    deps: corruptTaskState((state) => ({ ...state, reportedAttempts: undefined })),
    expectedViolation: /refused when it repeated/,
  },
  {
    name: 'branches are kept for ever',
    deps: wrapForge(() => ({ deleteBranch: async () => {} })),
    expectedViolation: /were never deleted/,
  },
  {
    name: 'tasks begin before all of them are stored',
    deps: wrapTable((table, world) => ({
      put: (item, condition) => {
        if (!isTaskState(item.pk, item.sk) || item.waits === undefined)
          return table.put(item, condition);
        void world.loop.sleep(300_000).then(() => table.put(item, condition));
        return Promise.resolve(true);
      },
    })),
    expectedViolation: /neither ended nor went on/,
  },
  {
    name: 'an edit replaces whatever revision there is',
    emphasis: ['person_edits'],
    deps: wrapTable((table) => ({
      update: (key, change, condition) =>
        table.update(
          key,
          change,
          getDocument(change).includes('"event":"edited"') ? [] : condition,
        ),
    })),
    expectedViolation: /two edits of revision/,
  },
  {
    name: 'the index of changes does not show them all',
    deps: wrapTable((table) => ({
      index: async (name, hash, options) => {
        const page = await table.index(name, hash, options);
        const isKept = ({ v }: Item): boolean => Number(v) % 4 !== 0;
        const isSince = name === 'changes' && options?.from !== undefined;
        return isSince ? { ...page, items: page.items.filter(isKept) } : page;
      },
    })),
    expectedViolation: /who followed its changes saw/,
  },
  {
    name: 'a plan that was rejected can be approved',
    emphasis: ['person_stops'],
    deps: corruptWrites(isPlanHead, (doc) =>
      doc.replace('"status":"rejected"', '"status":"pending_approval"'),
    ),
    expectedViolation: /of a plan that was rejected/,
  },
];
