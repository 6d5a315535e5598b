import type { Notice } from '../../../core/contract/notice.ts';
import { buildNoticeDelivery } from '../../../core/contract/queue-message.ts';
import type { Change } from '../../../core/port/table.ts';
import { parseDocument } from '../../../core/store/document.ts';
import type { Mutant } from './breach.ts';
import { wrapTable } from './breach.ts';

// Mutants of the rules for notices: a notice is stored in the write of its transition, sent after that write, cleared only after it
// was sent, and always has the same id.

function readNotices(change: Change): Notice[] {
  const notices = change.set?.notices;
  return typeof notices === 'string' ? parseDocument<Notice[]>(notices) : [];
}

/** Removes the notices that `isKept` does not accept from a write. */
function filterNotices(change: Change, isKept: (notice: Notice) => boolean): Change {
  const notices = readNotices(change);
  const kept = notices.filter(isKept);
  if (kept.length === notices.length) return change;
  const { notices: _, ...otherValues } = change.set ?? {};
  if (kept.length > 0) return { ...change, set: { ...otherValues, notices: JSON.stringify(kept) } };
  return { ...change, set: otherValues, remove: [...(change.remove ?? []), 'notices'] };
}

export const NOTICE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a notice is not stored with its transition',
    changeDeps: wrapTable((table) => ({
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
    changeDeps: wrapTable((table) => ({
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
    name: 'a pending notice is cleared although it never reached the queue',
    changeDeps: (deps, world) => ({
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
    name: 'each delivery of a notice has a new id',
    changeDeps: (deps) => ({
      ...deps,
      queue: {
        send: (messages) =>
          deps.queue.send(
            messages.map((outgoing) => {
              const { message } = outgoing;
              if (message.type !== 'notify') return outgoing;
              const { notice } = message;
              const id = `${notice.id}.${deps.newId()}`;
              return { ...outgoing, message: buildNoticeDelivery({ ...notice, id }) };
            }),
          ),
      },
    }),
    expectedViolation: /although no stored transition requires/,
  },
  {
    name: 'a notice is sent before its transition is written',
    changeDeps: (deps) => ({
      ...deps,
      table: {
        ...deps.table,
        update: async (key, change, condition) => {
          const notices = readNotices(change);
          if (notices.length > 0)
            await deps.queue.send(
              notices.map((notice) => ({ message: buildNoticeDelivery(notice) })),
            );
          return deps.table.update(key, change, condition);
        },
      },
    }),
    expectedViolation: /was sent although no stored transition requires/,
  },
];
