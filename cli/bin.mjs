#!/usr/bin/env node
// Starts the command with a Node that runs TypeScript files directly. This file is plain JavaScript, so that an older Node can
// run it and find a newer Node.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Oldest version of Node that runs the command: major and minor. */
const MIN_NODE_VERSION = [22, 19];
const cliFolder = dirname(fileURLToPath(import.meta.url));
const mainFile = join(cliFolder, 'main.ts');

function isNewEnough(version) {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  return (
    major > MIN_NODE_VERSION[0] || (major === MIN_NODE_VERSION[0] && minor >= MIN_NODE_VERSION[1])
  );
}

/** Finds the Node of the npm package `node` in node_modules of this package or of a folder above. */
function findNode() {
  for (let folder = dirname(cliFolder); ; folder = dirname(folder)) {
    for (const location of [join('node', 'bin', 'node'), join('.bin', 'node')]) {
      const path = join(folder, 'node_modules', location);
      if (existsSync(path)) return path;
    }
    if (dirname(folder) === folder) return undefined;
  }
}

function runMainFile(node) {
  const child = spawn(node, [mainFile, ...process.argv.slice(2)], { stdio: 'inherit' });
  // At a terminal, Ctrl-C reaches the whole process group: the child has received the signal and handles it.
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
      `smol-gang needs Node ${MIN_NODE_VERSION.join('.')} or newer; this Node is ${process.version}.\n` +
        'Run `npm install` in the checkout of smol-gang, which installs a newer Node there.\n',
    );
    process.exitCode = 1;
  } else {
    runMainFile(node);
  }
}
