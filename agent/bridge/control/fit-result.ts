import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { Evidence } from '../../../core/contract/task.ts';
import { keepEnd } from '../host/redactor.ts';

// Shortens a result to about 300 KB, so that the control plane can store every result. A shortened list of changed paths is marked,
// because the control plane makes decisions based on this list. The other lists are for people only and are shortened without a mark.

/** Size limit of each list, bytes of JSON. */
const MAX_LIST_BYTES = {
  changed: 120_000,
  flagged: 30_000,
  leftOut: 30_000,
  uncommitted: 20_000,
  workLog: 30_000,
};
const MAX_CHANGED_PATHS = 3_000;
const MAX_LIST_ITEMS = 500;
const MAX_WORK_LOG_LINES = 200;
const MAX_COMMANDS = 50;
const MAX_COMMAND_ARGUMENTS = 100;
/** Size limit of the list of conflicting files in a failed result, bytes of JSON. */
const MAX_FILES_BYTES = 20_000;
/** Size limit of all command outputs together, bytes of JSON. */
const MAX_OUTPUT_BYTES = 60_000;
/** Size limit of one command with its arguments, bytes of JSON. */
const MAX_COMMAND_BYTES = 2_000;

/** Returns the result with every list and output shortened to the limits. */
export function fitResult(result: AttemptResult): AttemptResult {
  const leftOut = fitList(result.leftOut, MAX_LIST_ITEMS, MAX_LIST_BYTES.leftOut);
  const evidence = result.evidence && { evidence: fitEvidence(result.evidence) };
  if (result.outcome === 'failed') {
    const files = fitList(result.files, MAX_LIST_ITEMS, MAX_FILES_BYTES);
    return { ...result, ...evidence, files, leftOut };
  }
  const changed = fitList(result.changed, MAX_CHANGED_PATHS, MAX_LIST_BYTES.changed);
  const isTruncated = changed.length < result.changed.length;
  return {
    ...result,
    ...evidence,
    changed,
    ...(isTruncated && { changedTruncated: true }),
    flagged: fitList(result.flagged, MAX_LIST_ITEMS, MAX_LIST_BYTES.flagged),
    leftOut,
    uncommitted: fitList(result.uncommitted, MAX_LIST_ITEMS, MAX_LIST_BYTES.uncommitted),
    workLog: fitList(result.workLog, MAX_WORK_LOG_LINES, MAX_LIST_BYTES.workLog),
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

/** Shortens each output to its end. Every command gets an equal share of MAX_OUTPUT_BYTES. */
function fitEvidence(evidence: Evidence): Evidence {
  const shareBytes = Math.floor(MAX_OUTPUT_BYTES / Math.max(1, evidence.results.length));
  const results = evidence.results.slice(0, MAX_COMMANDS).map((result) => ({
    ...result,
    command: fitList(result.command, MAX_COMMAND_ARGUMENTS, MAX_COMMAND_BYTES),
    output: fitOutputEnd(result.output, shareBytes),
  }));
  return { ...evidence, results };
}

/** Halves the text until its end fits. */
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
