import { lstatSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { walkEntries } from './workspace.ts';

// Worker thread of the search tool. A slow regular expression blocks only this thread.

const MAX_MATCHES = 200;
const MAX_FILE_BYTES = 1_000_000;
const MAX_LINE_CHARS = 300;

function* listFiles(root: string, start: string): Generator<string> {
  if (statSync(start).isFile()) {
    yield relative(root, start);
    return;
  }
  for (const entry of walkEntries(root, start)) if (!entry.isDirectory) yield entry.path;
}

/** Reads the lines of a text file. Returns no lines for links, because a link may lead out of the workspace. */
function readLines(file: string): string[] {
  try {
    const stats = lstatSync(file);
    if (!stats.isFile() || stats.size > MAX_FILE_BYTES) return [];
    const text = readFileSync(file, 'utf8');
    return text.includes('\0') ? [] : text.split('\n');
  } catch {
    return [];
  }
}

function searchFiles(root: string, start: string, pattern: RegExp): string {
  const matches: string[] = [];
  for (const path of listFiles(root, start)) {
    for (const [index, line] of readLines(join(root, path)).entries()) {
      if (!pattern.test(line)) continue;
      if (matches.length === MAX_MATCHES) {
        return `${matches.join('\n')}\n[stopped after ${MAX_MATCHES} matches; use a narrower pattern or path]`;
      }
      matches.push(`${path}:${index + 1}: ${line.slice(0, MAX_LINE_CHARS)}`);
    }
  }
  return matches.length === 0 ? '[no match]' : matches.join('\n');
}

const jobSchema = z.object({ root: z.string(), start: z.string(), pattern: z.string() });
const job = jobSchema.parse(workerData);
parentPort?.postMessage({ text: searchFiles(job.root, job.start, new RegExp(job.pattern)) });
