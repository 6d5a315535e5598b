import { canonicalCategory, groupByCategory } from './category.js';
import { totalOf } from './ledger.js';
import { parseAmount } from './money.js';
import { isInPeriod, parsePeriod } from './period.js';

/** From here on a budget is nearly used up. */
export const WARN_PERCENT = 80;

/**
 * How budgets ({food: '300.00'}) stand in a period, in their own order:
 * [{category, limit, spent, state: 'fine' | 'nearly' | 'exceeded'}], amounts in cents.
 */
export function checkBudgets(entries, budgets, period) {
  const span = parsePeriod(period);
  const groups = groupByCategory(entries.filter((entry) => isInPeriod(entry.date, span)));
  return Object.entries(budgets).map(([name, amount]) => {
    const category = canonicalCategory(name);
    const limit = parseAmount(amount);
    const spent = totalOf(groups.get(category) ?? []);
    return { category, limit, spent, state: stateOf(spent, limit) };
  });
}

function stateOf(spent, limit) {
  if (spent > limit) return 'exceeded';
  return spent * 100 >= limit * WARN_PERCENT ? 'nearly' : 'fine';
}
