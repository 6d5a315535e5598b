import { groupByCategory } from './category.js';
import { totalOf } from './ledger.js';
import { formatAmount } from './money.js';
import { isInPeriod, monthOf, parsePeriod } from './period.js';

/** What was spent in each month of a period: [{month, cents, categories: [{category, cents}]}]. */
export function monthlyReport(entries, period) {
  const span = parsePeriod(period);
  const inside = entries.filter((entry) => isInPeriod(entry.date, span));
  const months = [...new Set(inside.map((entry) => monthOf(entry.date)))].sort();
  return months.map((month) => {
    const ofMonth = inside.filter((entry) => monthOf(entry.date) === month);
    const categories = [...groupByCategory(ofMonth)].map(([category, group]) => ({
      category,
      cents: totalOf(group),
    }));
    return { month, cents: totalOf(ofMonth), categories };
  });
}

/** The report as lines for people. */
export function formatReport(report) {
  return report.flatMap(({ month, cents, categories }) => [
    `${month.padEnd(14)}${formatAmount(cents).padStart(10)}`,
    ...categories.map(
      ({ category, cents: part }) => `  ${category.padEnd(12)}${formatAmount(part).padStart(10)}`,
    ),
  ]);
}
