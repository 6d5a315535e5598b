import type { Change, Item, Table } from '../../../core/port/table.ts';
import { KEY } from '../../../core/topology/table-keys.ts';
import type { Mutant } from './breach.ts';
import {
  changeSettings,
  corruptTaskState,
  isPlanHead,
  isTaskState,
  spendRetryOnEvent,
  wrapForge,
  wrapTable,
} from './breach.ts';
import { pausedClaims } from './paused-claims.ts';

// Mutants of the rules for counters of attempts, edits, and the effects of a plan's status.

const getDocument = ({ set }: Change): string => (typeof set?.doc === 'string' ? set.doc : '');

/** True when a write raises the attempt number of a task without a new attempt. */
function raisesAttemptNumber(before: Item | undefined, change: Change): boolean {
  const readNumber = (doc: unknown): number =>
    Number(/"attempt":(\d+)/.exec(String(doc))?.[1] ?? 0);
  const doc = getDocument(change);
  return doc !== '' && !doc.includes('"current"') && readNumber(doc) > readNumber(before?.doc);
}

export const PROMISE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a late claim can use a slot that was freed before',
    companionBreach: pausedClaims.deps,
    deps: wrapTable((table) => ({
      update: async (key, change, condition) => {
        if (!isTaskState(key.pk, key.sk)) return table.update(key, change, condition);
        const before = await table.get(key);
        return raisesAttemptNumber(before, change) ? before : table.update(key, change, condition);
      },
    })),
    expectedViolation: /\d+ pods with a cap of \d+/,
  },
  {
    name: 'a temporary refusal consumes a retry',
    emphasis: ['agent_refused', 'agent_failed'],
    deps: spendRetryOnEvent('attempt_refused'),
    expectedViolation: /was given up after/,
  },
  {
    name: 'a pause of the forge is ignored',
    emphasis: ['forge_paused'],
    deps: (deps) => {
      // Only the scheduler ignores the pause; clients still see the notice.
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
    expectedViolation: /began while its plan reported a pause of its forge/,
  },
  {
    name: 'lost attempts are retried without a limit',
    firstSeed: 716,
    emphasis: ['pod_lost', 'pod_silent', 'pod_cut_off', 'pod_zombie', 'pod_unborn'],
    deps: changeSettings(({ settings: { bounds } }) => ({ bounds: { ...bounds, maxLosses: 99 } })),
    expectedViolation: /began after \d+ lost attempts in a row/,
  },
  {
    name: 'work is repaired without a limit',
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
    name: 'reports of attempts are forgotten',
    emphasis: ['answer_lost'],
    deps: corruptTaskState((state) => ({ ...state, reportedAttempts: undefined })),
    expectedViolation: /a repeat of the accepted result/,
  },
  {
    name: 'branches are never deleted',
    deps: wrapForge(() => ({ deleteBranch: async () => {} })),
    expectedViolation: /were never deleted/,
  },
  {
    name: 'tasks start before all tasks of the plan are stored',
    deps: wrapTable((table, world) => ({
      put: (item, condition) => {
        if (!isTaskState(item.pk, item.sk) || item.waits === undefined)
          return table.put(item, condition);
        void world.loop.sleep(300_000).then(() => table.put(item, condition));
        return Promise.resolve(true);
      },
    })),
    expectedViolation: /neither ended nor progressed/,
  },
  {
    name: 'an edit replaces a revision that it was not based on',
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
    name: 'the index of changes omits some changes',
    deps: wrapTable((table) => ({
      queryIndex: async (name, hash, options) => {
        const page = await table.queryIndex(name, hash, options);
        const isKept = ({ v }: Item): boolean => Number(v) % 4 !== 0;
        const isSince = name === 'changes' && options?.from !== undefined;
        return isSince ? { ...page, items: page.items.filter(isKept) } : page;
      },
    })),
    expectedViolation: /a client of its changes saw/,
  },
  {
    name: 'a rejected plan can be approved',
    emphasis: ['person_stops'],
    // Only reads, so that the answer to the rejection stays a success.
    deps: wrapTable((table) => ({
      get: async (key) => {
        const item = await table.get(key);
        if (!isPlanHead(key.pk, key.sk) || typeof item?.doc !== 'string') return item;
        const doc = item.doc.replace('"status":"rejected"', '"status":"pending_approval"');
        return { ...item, doc };
      },
    })),
    expectedViolation: /belongs to a rejected plan/,
  },
];
