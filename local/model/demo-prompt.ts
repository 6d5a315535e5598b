/** Complex prompt of the demo: the work needs several agents. */
export const DEMO_COMPLEX_PROMPT = `Make pocket-ledger fit for planning a household.

- Categories are typed in many ways ("Groceries", "food", "lunch"): keep canonical category names with aliases.
- Select a period of time: a year, a month, or a span of days.
- Report the expenses of each month by category.
- Set budgets for categories, with a warning when a budget is nearly used up or exceeded.
- Import entries from the CSV files of a bank without duplicates, and export all entries as CSV.
- Find entries by text and by amount.

Provide these features as commands of the ledger (report, budget, import, export, find) and in the library, with tests and documentation.`;

/** Simple prompt of the demo: a single agent does the work. */
export const DEMO_SIMPLE_PROMPT = `Amounts of a thousand and more are hard to read. Print them with a comma between the thousands, such as 1,234.50, wherever the ledger prints an amount, and mention the change in the changelog.`;

/** Matches every text that contains the complex prompt. */
export const COMPLEX_PHRASE = /canonical category names with aliases/;

/** Matches every text that contains the simple prompt. */
export const SIMPLE_PHRASE = /comma between the thousands/;
