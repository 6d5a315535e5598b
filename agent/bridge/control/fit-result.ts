import type { AttemptResult } from '../../../core/contract/attempt.ts';
import type { Evidence } from '../../../core/contract/task.ts';
import { keepEnd } from '../host/redactor.ts';

// A result is never too large to be recorded: what people read is shortened, and what the control plane concludes from says
// that it was. About 300 KB in all.

const MAX_BYTES = { changed: 120_000, flagged: 30_000, leftOut: 30_000, workLog: 30_000 };
const MAX_PATHS = 3_000;
const MAX_LISTED = 500;
const MAX_FILES_BYTES = 20_000;
const MAX_OUTPUT_BYTES = 60_000;
/** Of one command line, as it is shown. */
const MAX_COMMAND_BYTES = 2_000;

export function fitResult(result: AttemptResult): AttemptResult {
  const leftOut = fitList(result.leftOut, MAX_LISTED, MAX_BYTES.leftOut);
  const evidence = result.evidence && { evidence: fitEvidence(result.evidence) };
  if (result.outcome === 'failed') {
    const files = fitList(result.files, MAX_LISTED, MAX_FILES_BYTES);
    return { ...result, ...evidence, files, leftOut };
  }
  const changed = fitList(result.changed, MAX_PATHS, MAX_BYTES.changed);
  const isShort = changed.length < result.changed.length;
  return {
    ...result,
    ...evidence,
    changed,
    ...(isShort && { changedTruncated: true }),
    flagged: fitList(result.flagged, MAX_LISTED, MAX_BYTES.flagged),
    leftOut,
    workLog: fitList(result.workLog, 200, MAX_BYTES.workLog),
  };
}

/** As many from the beginning as fit. */
function fitList<T>(list: readonly T[], maxCount: number, maxBytes: number): T[] {
  const fitting: T[] = [];
  let bytes = 0;
  for (const member of list.slice(0, maxCount)) {
    bytes += measureJsonBytes(member) + 1;
    if (bytes > maxBytes) break;
    fitting.push(member);
  }
  return fitting;
}

/** Each command keeps its share of the room: the end of its output. */
function fitEvidence(evidence: Evidence): Evidence {
  const share = Math.floor(MAX_OUTPUT_BYTES / Math.max(1, evidence.results.length));
  const results = evidence.results.slice(0, 50).map((each) => ({
    ...each,
    command: fitList(each.command, 100, MAX_COMMAND_BYTES),
    output: fitOutputEnd(each.output, share),
  }));
  return { ...evidence, results };
}

function fitOutputEnd(text: string, maxBytes: number): string {
  let end = text;
  while (measureJsonBytes(end) > maxBytes && end.length > 16)
    end = keepEnd(end, Math.floor(end.length / 2));
  return end;
}

/** As JSON, in bytes. */
function measureJsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}
