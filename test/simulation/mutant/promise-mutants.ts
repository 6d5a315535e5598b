import type { Change, Item, Table } from '../../../core/port/table.ts';
import { MODEL_SYSTEM, recordPause } from '../../../core/store/system-store.ts';
import { KEY } from '../../../core/topology/table-keys.ts';
import type { Mutant } from './breach.ts';
import {
  changeSettings,
  consumeRetryOnEvent,
  corruptTaskState,
  isPlanHead,
  isTaskState,
  wrapForge,
  wrapTable,
} from './breach.ts';
import { pausedClaims } from './paused-claims.ts';

// Mutants of the rules for claims, retries, repairs, reports, activation and edits of a plan.

const getDocument = ({ set }: Change): string => (typeof set?.doc === 'string' ? set.doc : '');

/** Returns true for a write that raises the attempt number of a task without starting an attempt. */
function raisesAttemptNumber(storedItem: Item | undefined, change: Change): boolean {
  const readNumber = (doc: unknown): number =>
    Number(/"attempt":(\d+)/.exec(String(doc))?.[1] ?? 0);
  const doc = getDocument(change);
  return (
    doc !== '' && !doc.includes('"liveAttempt"') && readNumber(doc) > readNumber(storedItem?.doc)
  );
}

export const PROMISE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a delayed claim uses a slot that has been freed in the meantime',
    companionFault: pausedClaims.changeDeps,
    changeDeps: wrapTable((table) => ({
      update: async (key, change, condition) => {
        if (!isTaskState(key.pk, key.sk)) return table.update(key, change, condition);
        const storedItem = await table.get(key);
        return raisesAttemptNumber(storedItem, change)
          ? storedItem
          : table.update(key, change, condition);
      },
    })),
    expectedViolation: /\d+ pods exceed the \w+ cap of \d+/,
  },
  {
    name: 'a temporary refusal by the model provider or the forge consumes a retry of the agent',
    emphasis: ['provider_refuses_attempt', 'agent_fails'],
    changeDeps: consumeRetryOnEvent('attempt_refused'),
    expectedViolation: /was given up after/,
  },
  {
    name: 'a refusal by the model provider pauses the work of all plans without a probe',
    emphasis: ['provider_refuses_attempt'],
    changeDeps: (deps, { loop }) => ({
      ...deps,
      queue: {
        send: async (messages) => {
          if (messages.some(({ message }) => message.type === 'model_probe')) {
            const pause = { system: MODEL_SYSTEM, until: loop.now + 300_000, reason: 'refused' };
            await recordPause(deps.table, pause);
          }
          await deps.queue.send(messages);
        },
      },
    }),
    expectedViolation: /shows a pause of the model/,
  },
  {
    name: 'attempts start although the forge has requested a pause',
    emphasis: ['forge_rate_limit'],
    changeDeps: (deps) => {
      // Only the scheduler, which reads the slots first, ignores the pause; clients still see the pause in the plan.
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
    expectedViolation: /although its plan showed a pause requested by the forge/,
  },
  {
    name: 'lost attempts are retried without a limit',
    firstSeed: 95,
    emphasis: [
      'pod_dies',
      'pod_dies_unreported',
      'pod_cut_off',
      'pod_reported_gone_too_early',
      'pod_never_starts',
    ],
    changeDeps: changeSettings(({ settings: { bounds } }) => ({
      bounds: { ...bounds, maxLostAttempts: 99 },
    })),
    expectedViolation: /began after \d+ lost attempts in a row/,
  },
  {
    name: 'a task is repaired without a limit',
    companionFault: wrapForge((forge, { faults }) => ({
      readChecks: async (repo, sha) =>
        faults.isActive
          ? { state: 'red', failing: [{ name: 'ci', summary: 'red' }], pending: [] }
          : forge.readChecks(repo, sha),
    })),
    changeDeps: changeSettings(({ settings: { bounds } }) => ({
      bounds: { ...bounds, maxRepairs: 99 },
    })),
    expectedViolation: /was repaired \d+ times/,
  },
  {
    name: 'the engine forgets which attempts have reported their result',
    emphasis: ['response_lost'],
    changeDeps: corruptTaskState((state) => ({ ...state, reportedAttempts: undefined })),
    expectedViolation: /a repeat of the accepted result/,
  },
  {
    name: 'the branches of a complete plan are never deleted',
    changeDeps: wrapForge(() => ({ deleteBranch: async () => {} })),
    expectedViolation: /were never deleted|of the closed plan .* still exists/,
  },
  {
    name: 'tasks start before all tasks of the plan are stored',
    changeDeps: wrapTable((table, world) => ({
      put: (item, condition) => {
        if (!isTaskState(item.pk, item.sk) || item.waits === undefined)
          return table.put(item, condition);
        void world.loop.sleep(300_000).then(() => table.put(item, condition));
        return Promise.resolve(true);
      },
    })),
    expectedViolation: /did not end after the faults/,
  },
  {
    name: 'an edit replaces a revision on which the edit was not based',
    emphasis: ['person_edits_plan'],
    changeDeps: wrapTable((table) => ({
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
    name: 'clients that follow the changes of a plan miss some changes',
    changeDeps: wrapTable((table) => ({
      queryIndex: async (name, hash, options) => {
        const page = await table.queryIndex(name, hash, options);
        const isShown = ({ v }: Item): boolean => Number(v) % 4 !== 0;
        const readsChanges = name === 'changes' && options?.from !== undefined;
        return readsChanges ? { ...page, items: page.items.filter(isShown) } : page;
      },
    })),
    expectedViolation: /a client that follows the changes/,
  },
  {
    name: 'a rejected plan can be approved',
    emphasis: ['person_stops_plan'],
    // The stored status stays `rejected`, so that the person still gets a successful response to the rejection.
    changeDeps: wrapTable((table) => ({
      get: async (key) => {
        const item = await table.get(key);
        if (!isPlanHead(key.pk, key.sk) || typeof item?.doc !== 'string') return item;
        const doc = item.doc.replace('"status":"rejected"', '"status":"pending_approval"');
        return { ...item, doc };
      },
    })),
    expectedViolation: /although its plan was rejected/,
  },
];
