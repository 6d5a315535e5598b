/** Complex prompt of the demo, which needs several agents. */
export const DEMO_COMPLEX_PROMPT = `Make pocket-ledger fit for planning a household.

- Categories are typed in many ways ("Groceries", "food", "lunch"): keep canonical category names with aliases.
- Look at a part of the time: a year, a month, or a span of days.
- Reports of what was spent in each month, by category.
- Budgets for categories, with a warning when one is nearly used up or exceeded.
- Import entries from CSV files of a bank without doubling what is there already, and export everything as CSV.
- Find entries by text and by amount.

All of it as commands of the ledger (report, budget, import, export, find) and in the library, with tests and documentation.`;

/** Simple prompt of the demo, for a single agent. */
export const DEMO_SIMPLE_PROMPT = `Amounts of a thousand and more are hard to read. Print them with a comma between the thousands, such as 1,234.50, wherever the ledger prints an amount, and say so in the changelog.`;

/** Identifies the complex prompt inside a longer text. */
export const COMPLEX_PHRASE = /canonical category names with aliases/;

/** Identifies the simple prompt inside a longer text. */
export const SIMPLE_PHRASE = /comma between the thousands/;
