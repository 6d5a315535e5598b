import type { FileEdit } from './demo-task.ts';

/** Edits of existing files in the last task of the complex prompt, which adds the commands. */
export const COMMAND_EDITS: readonly FileEdit[] = [
  {
    path: 'src/cli.js',
    old: "import { createEntry } from './entry.js';\n",
    new: "import { readFileSync } from 'node:fs';\nimport { checkBudgets } from './budget.js';\nimport { createEntry } from './entry.js';\nimport { filterEntries } from './filter.js';\n",
  },
  {
    path: 'src/cli.js',
    old: "import { formatAmount } from './money.js';\nimport { loadEntries, saveEntries } from './store.js';\n",
    new: "import { formatAmount } from './money.js';\nimport { formatReport, monthlyReport } from './report.js';\nimport { loadEntries, saveEntries } from './store.js';\nimport { exportCsv, importCsv } from './transfer.js';\n",
  },
  {
    path: 'src/cli.js',
    old: "  total: { usage: 'total', run: total },\n",
    new: `  total: { usage: 'total', run: total },
  report: { usage: 'report <period>', run: report },
  find: { usage: 'find <text> [min] [max]', run: find },
  budget: { usage: 'budget <period> <category=limit>...', run: budget },
  export: { usage: 'export', run: exportAll },
  import: { usage: 'import <file>', run: importFile },
`,
  },
  {
    path: 'src/cli.js',
    old: 'function formatEntry({',
    new: `function report([period = ''], { path, print }) {
  for (const line of formatReport(monthlyReport(loadEntries(path), period))) print(line);
}

function find([text, min, max], { path, print }) {
  for (const entry of filterEntries(loadEntries(path), { text, min, max })) {
    print(formatEntry(entry));
  }
}

function budget([period = '', ...limits], { path, print }) {
  const budgets = Object.fromEntries(limits.map(parseBudget));
  for (const { category, limit, spent, state } of checkBudgets(loadEntries(path), budgets, period)) {
    print(\`\${category}: \${formatAmount(spent)} of \${formatAmount(limit)}, \${state}\`);
  }
}

function parseBudget(text) {
  const [category, limit, ...more] = text.split('=');
  if (limit === undefined || more.length > 0) throw new Error(\`not a budget: \${text}\`);
  return [category, limit];
}

function exportAll(_args, { path, print }) {
  print(exportCsv(loadEntries(path)).trimEnd());
}

function importFile([file], { path, print }) {
  if (file === undefined) throw new Error(\`usage: ledger \${COMMANDS.import.usage}\`);
  const { entries, added, skipped } = importCsv(loadEntries(path), readFileSync(file, 'utf8'));
  saveEntries(path, entries);
  print(\`\${added} added, \${skipped} skipped\`);
}

function formatEntry({`,
  },
  {
    path: 'README.md',
    old: '| `total` | prints the sum of all entries |\n',
    new: `| \`total\` | prints the sum of all entries |
| \`report <period>\` | prints each month of a period (2026, 2026-03, 2026-03-01..2026-03-15) by category |
| \`find <text> [min] [max]\` | prints the entries that contain the text and lie between the amounts |
| \`budget <period> <category=limit>...\` | prints how much of each budget is spent |
| \`export\` | prints all entries as CSV |
| \`import <file>\` | imports entries from a CSV file and skips entries that already exist |
`,
  },
];
