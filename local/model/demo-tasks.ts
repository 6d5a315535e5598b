import { COMMAND_EDITS } from './command-edits.ts';
import type { DemoTask } from './demo-task.ts';
import { SIMPLE_TASK } from './simple-task.ts';

/** The eight tasks of the complex prompt: a wave of four, a wave of three, and a last task. */
export const DEMO_TASKS: readonly DemoTask[] = [
  {
    key: 'category',
    phrase: /canonical name of a category/,
    ids: ['categories', 'category-names', 'canonical-categories'],
    titles: [
      'Canonical category names',
      'A canonical name for each category',
      'Resolve aliases of categories',
    ],
    description:
      'Add src/category.js. canonicalCategory(name) returns the canonical name of a category: trimmed, lower case, hyphens for spaces, and aliases resolved (groceries, lunch and restaurant are food; bus, train and fuel are transport; rent and electricity are home); an empty name has a fallback. groupByCategory(entries) returns a Map from canonical name to entries in alphabetical order.',
    dependsOn: [],
    scope: ['src/category.js', 'test/category.test.js'],
    criteria: [
      'canonicalCategory("Groceries") is "food"',
      'test/category.test.js covers both functions',
    ],
    tier: 'light',
    estimate: 10,
    reads: ['src/entry.js', 'src/ledger.js'],
    work: 'category',
    edits: [],
    summary:
      'Added src/category.js with canonicalCategory (aliases, fallback) and groupByCategory, and tests for both.',
  },
  {
    key: 'period',
    phrase: /parsePeriod\(text\) parses a year/,
    ids: ['periods', 'time-periods', 'date-spans'],
    titles: ['Periods of time', 'Years, months and spans of days', 'Read periods of time'],
    description:
      'Add src/period.js. parsePeriod(text) parses a year (2026), a month (2026-03) or a span (2026-03-01..2026-03-15) and returns {first, last}, both days included; any other text throws an error. Also add isInPeriod(date, period) and monthOf(date). Add a line about periods to the unreleased part of CHANGELOG.md.',
    dependsOn: [],
    scope: ['src/period.js', 'test/period.test.js'],
    criteria: [
      'February of a leap year ends on the 29th',
      'a period that ends before its start is rejected',
    ],
    tier: 'auto',
    estimate: 10,
    reads: ['src/entry.js', 'CHANGELOG.md'],
    work: 'period',
    edits: [],
    changelog: 'Periods: a year, a month, or a span of days.',
    summary:
      'Added src/period.js: parsePeriod for years, months and spans, isInPeriod and monthOf, with tests and a line in the changelog.',
  },
  {
    key: 'csv',
    phrase: /parseCsv\(text\) returns rows of fields/,
    ids: ['csv', 'csv-format', 'comma-separated-values'],
    titles: ['Read and write CSV', 'A reader and writer of CSV', 'CSV without a dependency'],
    description:
      'Add src/csv.js without a dependency. parseCsv(text) returns rows of fields according to RFC 4180: quoted fields may contain commas, doubled quotes and line ends; lines end with LF or CRLF; empty lines are skipped; an unfinished field throws an error. formatCsv(rows) writes rows and quotes only fields that need quotes. Add a line about CSV to the unreleased part of CHANGELOG.md.',
    dependsOn: [],
    scope: ['src/csv.js', 'test/csv.test.js'],
    criteria: ['parseCsv(formatCsv(rows)) equals rows', 'an unfinished quoted field throws'],
    tier: 'auto',
    estimate: 12,
    reads: ['src/store.js', 'CHANGELOG.md'],
    work: 'csv',
    edits: [],
    changelog: 'CSV is read and written according to RFC 4180.',
    summary:
      'Added src/csv.js: parseCsv and formatCsv according to RFC 4180, with tests and a line in the changelog.',
  },
  {
    key: 'filter',
    phrase: /filterEntries\(entries, \{text, min, max\}\)/,
    ids: ['filters', 'find-entries', 'entry-filter'],
    titles: ['Find entries by text and amount', 'Filter entries', 'Entries by text and amount'],
    description:
      'Add src/filter.js. filterEntries(entries, {text, min, max}) returns the entries whose note or category contains the text, regardless of case, and whose amount is not below min and not above max. min and max are texts as people type amounts ("12.50"). Each option is optional.',
    dependsOn: [],
    scope: ['src/filter.js', 'test/filter.test.js'],
    criteria: [
      'amounts are compared as amounts: 9.00 is below 10',
      'all given options apply together',
    ],
    tier: 'light',
    estimate: 8,
    reads: ['src/entry.js', 'src/money.js'],
    work: 'filter',
    edits: [],
    firstTry: {
      work: 'filter-first',
      giveUpReason:
        'amounts are compared as text in filterEntries, so 9.00 counts as more than 10; I found no correction in this attempt',
    },
    summary:
      'Added src/filter.js: filterEntries by text and amount, compared in whole cents, with tests.',
  },
  {
    key: 'report',
    phrase: /monthlyReport\(entries, period\)/,
    ids: ['reports', 'monthly-reports', 'report-by-month'],
    titles: ['Monthly reports', 'Expenses of each month', 'Reports by month and category'],
    description:
      'Add src/report.js on top of src/category.js and src/period.js. monthlyReport(entries, period) returns, for each month of the period that has entries, {month, cents, categories: [{category, cents}]}. formatReport(report) returns lines for people: month and sum, followed by an indented line for each category.',
    dependsOn: ['category', 'period'],
    scope: ['src/report.js', 'test/report.test.js'],
    criteria: [
      'months without entries are omitted',
      'entries of a category under several names are summed',
    ],
    tier: 'auto',
    estimate: 12,
    reads: ['src/category.js', 'src/period.js', 'src/ledger.js'],
    work: 'report',
    edits: [],
    summary: 'Added src/report.js: monthlyReport and formatReport, with tests.',
  },
  {
    key: 'budget',
    phrase: /checkBudgets\(entries, budgets, period\)/,
    ids: ['budgets', 'category-budgets', 'spending-limits'],
    titles: [
      'Budgets for categories',
      'Spending limits for categories',
      'Warn when a budget is used up',
    ],
    description:
      'Add src/budget.js on top of src/category.js and src/period.js. checkBudgets(entries, budgets, period) takes budgets such as {food: "300.00"} and returns [{category, limit, spent, state}] in the order of the budgets. The state is fine, nearly (from WARN_PERCENT of the limit, an exported constant) or exceeded.',
    dependsOn: ['category', 'period'],
    scope: ['src/budget.js', 'test/budget.test.js'],
    criteria: [
      'the state of a budget that is exactly used up is nearly, not exceeded',
      'only entries of the period count',
    ],
    tier: 'auto',
    estimate: 12,
    reads: ['src/category.js', 'src/period.js', 'src/money.js'],
    work: 'budget',
    edits: [],
    summary: 'Added src/budget.js: checkBudgets with the exported WARN_PERCENT, with tests.',
  },
  {
    key: 'transfer',
    phrase: /importCsv\(entries, text\)/,
    ids: ['import-export', 'transfer', 'bank-import'],
    titles: [
      'Import and export',
      'Entries from and to CSV',
      'Import without duplicates, and export',
    ],
    description:
      'Add src/transfer.js on top of src/csv.js and src/category.js. exportCsv(entries) returns CSV with the header date,amount,category,note. importCsv(entries, text) reads CSV with these columns in any order (note is optional), makes categories canonical, skips entries that already exist, and returns {entries, added, skipped}. The error for an invalid line contains the number of the line.',
    dependsOn: ['csv', 'category'],
    scope: ['src/transfer.js', 'test/transfer.test.js'],
    criteria: ['importing an export adds nothing', 'an invalid line is rejected with its number'],
    tier: 'auto',
    estimate: 12,
    reads: ['src/csv.js', 'src/category.js', 'src/entry.js'],
    work: 'transfer',
    edits: [],
    summary: 'Added src/transfer.js: exportCsv and importCsv without duplicates, with tests.',
  },
  {
    key: 'command',
    phrase: /new commands of the ledger/,
    ids: ['commands', 'cli', 'command-line'],
    titles: ['Commands for it all', 'report, find, budget, import and export', 'The new commands'],
    description:
      'Add the new commands of the ledger to src/cli.js: report <period>, find <text> [min] [max], budget <period> <category=limit>..., export (prints CSV) and import <file>. They use src/report.js, src/filter.js, src/budget.js and src/transfer.js. Export the new functions from src/index.js, list the commands in README.md and add a line to the unreleased part of CHANGELOG.md.',
    dependsOn: ['report', 'filter', 'budget', 'transfer'],
    scope: ['src/cli.js', 'src/index.js', 'test/commands.test.js', 'README.md'],
    criteria: ['each command has a test', 'README.md lists every command'],
    tier: 'heavy',
    estimate: 20,
    reads: ['src/cli.js', 'src/index.js', 'README.md', 'CHANGELOG.md'],
    work: 'command',
    edits: COMMAND_EDITS,
    changelog: 'Commands `report`, `find`, `budget`, `export` and `import`.',
    summary:
      'Added the commands report, find, budget, export and import, exported the new functions, and documented both.',
  },
];

/** Returns the task whose description the text contains; undefined for a task outside the demo. */
export function findDemoTask(text: string): DemoTask | undefined {
  return [...DEMO_TASKS, SIMPLE_TASK].find((task) => task.phrase.test(text));
}
