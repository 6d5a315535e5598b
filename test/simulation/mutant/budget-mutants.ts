import { KEY } from '../../../core/topology/table-keys.ts';
import type { Mutant } from './breach.ts';
import { corruptReads, corruptTaskState, isPlanHead, wrapTable } from './breach.ts';

// Mutants of the rules for budgets and usage totals.

function isSpending({ sk }: { readonly sk: string }): boolean {
  return sk === KEY.planSpending('').sk;
}

export const BUDGET_MUTANTS: readonly Mutant[] = [
  {
    name: 'the scheduler ignores a used-up budget',
    changeDeps: (deps) => {
      // Only the scheduler reads the slots first; clients still see the used-up budget.
      let isScheduling = false;
      return {
        ...deps,
        table: {
          ...deps.table,
          get: async (key) => {
            isScheduling ||= key.sk === KEY.slots().sk;
            const item = await deps.table.get(key);
            if (item === undefined || !isScheduling) return item;
            if (isSpending(key)) return { ...item, usedTokens: -1e9 };
            const doc = String(item.doc).replace('"isBudgetRestTooSmall":true', '"isOther":true');
            return isPlanHead(key.pk, key.sk) ? { ...item, doc } : item;
          },
        },
      };
    },
    expectedViolation: /although a client knew that the budget of its plan was used up/,
  },
  {
    name: 'the usage of a result counts twice against the budget',
    changeDeps: wrapTable((table) => ({
      update: (key, change, condition) =>
        table.update(key, isSpending(key) ? { ...change, remove: [] } : change, condition),
    })),
    expectedViolation: /the budget of plan \w+ shows \d+ used tokens/,
  },
  {
    name: 'the usage of a result counts twice for its task',
    changeDeps: corruptTaskState((state) =>
      state.last.event === 'result_accepted'
        ? { ...state, usage: { ...state.usage, inputTokens: state.usage.inputTokens * 2 } }
        : state,
    ),
    expectedViolation: /plan \w+ shows \d+ used tokens/,
  },
  {
    name: 'the usage of a lost attempt is forgotten',
    emphasis: ['pod_dies'],
    changeDeps: corruptReads(
      (pk, sk) => pk.startsWith('TASK#') && sk.startsWith('A#'),
      (doc) => doc.replace(/"inputTokens":\d+/, '"inputTokens":0'),
    ),
    expectedViolation: /shows \d+ used tokens/,
  },
];
