import { canonicalCategory, groupByCategory } from './category.js';
import { totalOf } from './ledger.js';
import { parseAmount } from './money.js';
import { isInPeriod, parsePeriod } from './period.js';

/** Percentage of a limit from which a budget counts as nearly used up. */
export const WARN_PERCENT = 80;

/**
 * Compares budgets such as {food: '300.00'} with the expenses of a period. Returns, in the order of the budgets,
 * [{category, limit, spent, state: 'fine' | 'nearly' | 'exceeded'}] with amounts in cents.
 */
export function checkBudgets(entries, budgets, period) {
  const span = parsePeriod(period);
  const groups = groupByCategory(entries.filter((entry) => isInPeriod(entry.date, span)));
  return Object.entries(budgets).map(([name, amount]) => {
    const category = canonicalCategory(name);
    const limit = parseAmount(amount);
    const spent = totalOf(groups.get(category) ?? []);
    return { category, limit, spent, state: compareWithLimit(spent, limit) };
  });
}

function compareWithLimit(spent, limit) {
  if (spent > limit) return 'exceeded';
  return spent * 100 >= limit * WARN_PERCENT ? 'nearly' : 'fine';
}
