import type { Notice } from '../../../core/contract/notice.ts';
import { deliverNotice } from '../../../core/contract/queue-message.ts';
import type { Change } from '../../../core/port/table.ts';
import { parseDocument } from '../../../core/store/document.ts';
import type { Mutant } from './breach.ts';
import { wrapTable } from './breach.ts';

// Each mutant breaks one rule about notices from outside: stored with the transition, sent after the write, cleared after the
// send, and always under the same id.

function readNotices(change: Change): Notice[] {
  const text = change.set?.notices;
  return typeof text === 'string' ? parseDocument<Notice[]>(text) : [];
}

/** Keeps only the notices of a write that `isKept` accepts. */
function filterNotices(change: Change, isKept: (notice: Notice) => boolean): Change {
  const notices = readNotices(change);
  const kept = notices.filter(isKept);
  if (kept.length === notices.length) return change;
  const { notices: _, ...others } = change.set ?? {};
  if (kept.length > 0) return { ...change, set: { ...others, notices: JSON.stringify(kept) } };
  return { ...change, set: others, remove: [...(change.remove ?? []), 'notices'] };
}

export const NOTICE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a notice is not stored with its transition',
    deps: wrapTable((table) => ({
      update: (key, change, condition) =>
        table.update(
          key,
          filterNotices(change, () => false),
          condition,
        ),
    })),
    expectedViolation: /the notice \S+ was lost/,
  },
  {
    name: 'a later transition drops the pending notices',
    deps: wrapTable((table) => ({
      update: (key, change, condition) =>
        table.update(
          key,
          filterNotices(change, ({ version }) => version === change.set?.v),
          condition,
        ),
    })),
    expectedViolation: /the notice \S+ was lost/,
  },
  {
    name: 'a notice is cleared although the queue never took it',
    deps: (deps, world) => ({
      ...deps,
      queue: {
        send: (messages) =>
          deps.queue.send(
            messages.filter(({ message }) => message.type !== 'notify' || world.random.chance(0.7)),
          ),
      },
    }),
    expectedViolation: /the notice \S+ was lost/,
  },
  {
    name: 'each delivery of a notice has an id of its own',
    deps: (deps) => ({
      ...deps,
      queue: {
        send: (messages) =>
          deps.queue.send(
            messages.map(({ message, ...others }) => {
              if (message.type !== 'notify') return { ...others, message };
              const { notice } = message;
              const id = `${notice.id}.${deps.newId()}`;
              return { ...others, message: deliverNotice({ ...notice, id }) };
            }),
          ),
      },
    }),
    expectedViolation: /no written transition demands it/,
  },
  {
    name: 'a notice is sent before its transition is written',
    deps: (deps) => ({
      ...deps,
      table: {
        ...deps.table,
        update: async (key, change, condition) => {
          const notices = readNotices(change);
          if (notices.length > 0)
            await deps.queue.send(notices.map((notice) => ({ message: deliverNotice(notice) })));
          return deps.table.update(key, change, condition);
        },
      },
    }),
    expectedViolation: /was sent, and no written transition demands it/,
  },
];
