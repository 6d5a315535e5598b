import { createEntry } from './entry.js';
import { addEntry, totalOf } from './ledger.js';
import { formatAmount } from './money.js';
import { loadEntries, saveEntries } from './store.js';

const COMMANDS = {
  add: { usage: 'add <date> <amount> <category> [note]', run: add },
  list: { usage: 'list', run: list },
  total: { usage: 'total', run: total },
};

/** Runs a command and returns the exit code. `path` names the ledger; `print` and `warn` each write a line. */
export function run([name, ...args], { path, print, warn }) {
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name] : undefined;
  if (command === undefined) {
    warn('usage:');
    for (const { usage } of Object.values(COMMANDS)) warn(`  ledger ${usage}`);
    return 2;
  }
  try {
    command.run(args, { path, print });
    return 0;
  } catch (error) {
    warn(error.message);
    return 1;
  }
}

function add([date, amount, category, note], { path }) {
  if (category === undefined) throw new Error(`usage: ledger ${COMMANDS.add.usage}`);
  const entry = createEntry({ date, amount, category, note });
  saveEntries(path, addEntry(loadEntries(path), entry));
}

function list(_args, { path, print }) {
  for (const entry of loadEntries(path)) print(formatEntry(entry));
}

function total(_args, { path, print }) {
  print(formatAmount(totalOf(loadEntries(path))));
}

function formatEntry({ date, cents, category, note }) {
  return `${date}  ${formatAmount(cents).padStart(8)}  ${category.padEnd(10)}  ${note}`.trimEnd();
}
