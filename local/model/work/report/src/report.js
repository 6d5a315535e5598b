import { groupByCategory } from './category.js';
import { totalOf } from './ledger.js';
import { formatAmount } from './money.js';
import { isInPeriod, monthOf, parsePeriod } from './period.js';

/** Returns the expenses of each month of a period: [{month, cents, categories: [{category, cents}]}]. */
export function monthlyReport(entries, period) {
  const span = parsePeriod(period);
  const periodEntries = entries.filter((entry) => isInPeriod(entry.date, span));
  const months = [...new Set(periodEntries.map((entry) => monthOf(entry.date)))].sort();
  return months.map((month) => {
    const monthEntries = periodEntries.filter((entry) => monthOf(entry.date) === month);
    const categories = [...groupByCategory(monthEntries)].map(([category, group]) => ({
      category,
      cents: totalOf(group),
    }));
    return { month, cents: totalOf(monthEntries), categories };
  });
}

/** Formats a report as lines for people. */
export function formatReport(report) {
  return report.flatMap(({ month, cents, categories }) => [
    `${month.padEnd(14)}${formatAmount(cents).padStart(10)}`,
    ...categories.map(
      ({ category, cents: categoryCents }) => `  ${category.padEnd(12)}${formatAmount(categoryCents).padStart(10)}`,
    ),
  ]);
}
