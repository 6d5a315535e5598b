import type { TranscriptEntry } from '../../core/contract/attempt.ts';
import type { Redact } from './redact.ts';

// The conversation on its way to the control plane: pieces of one kind run together, sent in numbered chunks.

type Kind = TranscriptEntry['kind'];
export type SendChunk = (chunk: { n: number; entries: TranscriptEntry[] }) => Promise<unknown>;

const FLUSH_MS = 1_000;
const FLUSH_CHARS = 8_192;
const MAX_ENTRY = 16_000;
const MAX_ENTRIES = 200;
/** Of what one chunk may hold when many wait, as JSON. */
const MAX_CHUNK_BYTES = 200_000;
const MAX_WAITING = 2_000;

/** One writer, numbered from 1 without gaps; a chunk is sent when 1 s has passed or 8 KB have come. */
export class Transcript {
  private readonly send: SendChunk;
  private readonly redact: Redact;
  private readonly now: () => number;
  private waiting: TranscriptEntry[] = [];
  private waitingChars = 0;
  private n = 0;
  private timer: NodeJS.Timeout | undefined;
  private draining: Promise<void> = Promise.resolve();

  constructor(send: SendChunk, redact: Redact, now: () => number) {
    this.send = send;
    this.redact = redact;
    this.now = now;
  }

  /** A piece of running text: joined to the one before if that is of the same kind. */
  stream(kind: Kind, text: string): void {
    const last = this.waiting.at(-1);
    if (last?.kind === kind && last.text.length + text.length <= MAX_ENTRY) {
      last.text += text;
      this.grew(text.length);
      return;
    }
    this.entry(kind, text);
  }

  /** An entry of its own, cut when it is too long. */
  entry(kind: Kind, text: string): void {
    if (text === '') return;
    for (const piece of pieces(text)) {
      this.waiting.push({ at: this.now(), kind, text: piece });
      this.grew(piece.length);
    }
    if (this.waiting.length <= MAX_WAITING) return;
    // Nobody takes them: better a gap in the text than a bridge out of memory.
    const dropped = this.waiting.length - MAX_WAITING / 2;
    this.waiting.splice(0, dropped, {
      at: this.now(),
      kind: 'bridge',
      text: `${dropped} entries were lost while the control plane did not answer`,
    });
  }

  /** Everything so far is sent when this resolves. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const drained = this.draining.then(() => this.drain());
    // A failed send has ended the attempt already, through the client.
    this.draining = drained.catch(() => {});
    return drained;
  }

  private grew(chars: number): void {
    this.waitingChars += chars;
    if (this.waitingChars >= FLUSH_CHARS) {
      this.flush().catch(() => {});
      return;
    }
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.flush().catch(() => {});
    }, FLUSH_MS);
    this.timer.unref();
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const taken = this.waiting.splice(0, fittingCount(this.waiting));
      this.waitingChars = this.waiting.reduce((sum, entry) => sum + entry.text.length, 0);
      this.n += 1;
      const entries = taken.map((e) => ({ ...e, text: this.redact(e.text).slice(0, MAX_ENTRY) }));
      await this.send({ n: this.n, entries });
    }
  }
}

/** How many from the first go into one chunk; at least one. */
function fittingCount(entries: readonly TranscriptEntry[]): number {
  let bytes = 0;
  for (const [index, entry] of entries.slice(0, MAX_ENTRIES).entries()) {
    bytes += Buffer.byteLength(JSON.stringify(entry));
    if (bytes > MAX_CHUNK_BYTES) return Math.max(1, index);
  }
  return MAX_ENTRIES;
}

function pieces(text: string): string[] {
  const cut: string[] = [];
  for (let i = 0; i < text.length; i += MAX_ENTRY) cut.push(text.slice(i, i + MAX_ENTRY));
  return cut.slice(0, 4);
}
