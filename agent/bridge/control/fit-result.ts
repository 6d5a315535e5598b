import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { Evidence } from '../../../core/contract/task.ts';
import { keepEnd } from '../host/redactor.ts';

// Bounds a result to about 300 KB, so that the control plane can store every result. Lists for people are shortened silently;
// a shortened list of changed paths is marked, because the control plane draws conclusions from the list.

/** Limits of lists, bytes of JSON. */
const MAX_BYTES = { changed: 120_000, flagged: 30_000, leftOut: 30_000, workLog: 30_000 };
const MAX_PATHS = 3_000;
const MAX_LISTED = 500;
const MAX_FILES_BYTES = 20_000;
const MAX_OUTPUT_BYTES = 60_000;
/** Limit of one command line, bytes of JSON. */
const MAX_COMMAND_BYTES = 2_000;

/** Returns the result with every list and output shortened to the limits. */
export function fitResult(result: AttemptResult): AttemptResult {
  const leftOut = fitList(result.leftOut, MAX_LISTED, MAX_BYTES.leftOut);
  const evidence = result.evidence && { evidence: fitEvidence(result.evidence) };
  if (result.outcome === 'failed') {
    const files = fitList(result.files, MAX_LISTED, MAX_FILES_BYTES);
    return { ...result, ...evidence, files, leftOut };
  }
  const changed = fitList(result.changed, MAX_PATHS, MAX_BYTES.changed);
  const isTruncated = changed.length < result.changed.length;
  return {
    ...result,
    ...evidence,
    changed,
    ...(isTruncated && { changedTruncated: true }),
    flagged: fitList(result.flagged, MAX_LISTED, MAX_BYTES.flagged),
    leftOut,
    workLog: fitList(result.workLog, 200, MAX_BYTES.workLog),
  };
}

/** Returns the longest beginning of the list within both limits. */
function fitList<T>(list: readonly T[], maxCount: number, maxBytes: number): T[] {
  const fitting: T[] = [];
  let bytes = 0;
  for (const item of list.slice(0, maxCount)) {
    bytes += measureJsonBytes(item) + 1;
    if (bytes > maxBytes) break;
    fitting.push(item);
  }
  return fitting;
}

/** Shortens the outputs to their ends; all commands get an equal share of the limit. */
function fitEvidence(evidence: Evidence): Evidence {
  const share = Math.floor(MAX_OUTPUT_BYTES / Math.max(1, evidence.results.length));
  const results = evidence.results.slice(0, 50).map((result) => ({
    ...result,
    command: fitList(result.command, 100, MAX_COMMAND_BYTES),
    output: fitOutputEnd(result.output, share),
  }));
  return { ...evidence, results };
}

function fitOutputEnd(text: string, maxBytes: number): string {
  let end = text;
  while (measureJsonBytes(end) > maxBytes && end.length > 16)
    end = keepEnd(end, Math.floor(end.length / 2));
  return end;
}

/** Returns the size of a value as JSON, in bytes. */
function measureJsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}
