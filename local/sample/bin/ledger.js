#!/usr/bin/env node
import { run } from '../src/cli.js';

process.exitCode = run(process.argv.slice(2), {
  path: process.env.LEDGER ?? 'expenses.ledger',
  print: (line) => console.log(line),
  warn: (line) => console.error(line),
});
