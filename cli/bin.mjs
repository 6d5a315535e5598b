#!/usr/bin/env node
// Plain JavaScript, so that any Node can read it: finds a Node that runs TypeScript files directly, then starts the command.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST = [22, 19];
const here = dirname(fileURLToPath(import.meta.url));
const main = join(here, 'main.ts');

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The Node of the `node` package, in this package's node_modules or in one above it. */
function findNode() {
  for (let folder = dirname(here); ; folder = dirname(folder)) {
    for (const place of [join('node', 'bin', 'node'), join('.bin', 'node')]) {
      const path = join(folder, 'node_modules', place);
      if (existsSync(path)) return path;
    }
    if (dirname(folder) === folder) return undefined;
  }
}

function startWith(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal signals the whole group: then the child has its Ctrl-C already, and decides what it means.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`smol-gang: ${node} cannot be started: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

if (isNewEnough(process.version)) {
  await import('./main.ts');
} else {
  const node = findNode();
  if (node === undefined) {
    process.stderr.write(
      `smol-gang needs Node ${OLDEST.join('.')} or newer; this is ${process.version}.\n` +
        'Run `npm install` in its checkout: that brings a newer one beside it.\n',
    );
    process.exitCode = 1;
  } else {
    startWith(node);
  }
}
