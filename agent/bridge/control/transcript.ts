import type { TranscriptEntry } from '../../../core/contract/attempt.ts';
import type { Redact } from '../host/redactor.ts';

// The conversation on its way to the control plane: pieces of one kind run together, sent in numbered chunks.

type EntryKind = TranscriptEntry['kind'];
export type SendChunk = (chunk: {
  readonly n: number;
  readonly entries: TranscriptEntry[];
}) => Promise<unknown>;

const FLUSH_INTERVAL_MS = 1_000;
const FLUSH_CHARS = 8_192;
const MAX_ENTRY_CHARS = 16_000;
const MAX_CHUNK_ENTRIES = 200;
/** Of what one chunk may hold when many wait, as JSON. */
const MAX_CHUNK_BYTES = 200_000;
const MAX_PENDING_ENTRIES = 2_000;

/** One writer, numbered from 1 without gaps; a chunk is sent when 1 s has passed or 8 KB have come. */
export class Transcript {
  readonly #sendChunk: SendChunk;
  readonly #redact: Redact;
  readonly #now: () => number;
  readonly #pendingEntries: TranscriptEntry[] = [];
  #pendingChars = 0;
  #lastChunkNumber = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastDrain: Promise<void> = Promise.resolve();

  constructor(send: SendChunk, redact: Redact, now: () => number) {
    this.#sendChunk = send;
    this.#redact = redact;
    this.#now = now;
  }

  /** A piece of running text: joined to the one before if that is of the same kind. */
  appendText(kind: EntryKind, text: string): void {
    const last = this.#pendingEntries.at(-1);
    if (last?.kind === kind && last.text.length + text.length <= MAX_ENTRY_CHARS) {
      last.text += text;
      this.#scheduleFlush(text.length);
      return;
    }
    this.addEntry(kind, text);
  }

  /** An entry of its own, cut when it is too long. */
  addEntry(kind: EntryKind, text: string): void {
    if (text === '') return;
    for (const piece of splitText(text)) {
      this.#pendingEntries.push({ at: this.#now(), kind, text: piece });
      this.#scheduleFlush(piece.length);
    }
    if (this.#pendingEntries.length <= MAX_PENDING_ENTRIES) return;
    // Nobody takes them: better a gap in the text than a bridge out of memory.
    const dropped = this.#pendingEntries.length - MAX_PENDING_ENTRIES / 2;
    this.#pendingEntries.splice(0, dropped, {
      at: this.#now(),
      kind: 'bridge',
      text: `${dropped} entries were lost while the control plane did not answer`,
    });
  }

  /** Everything so far is sent when this resolves. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const drained = this.#lastDrain.then(() => this.#sendPending());
    // A failed send has ended the attempt already, through the client.
    this.#lastDrain = drained.catch(() => {});
    return drained;
  }

  #scheduleFlush(chars: number): void {
    this.#pendingChars += chars;
    if (this.#pendingChars >= FLUSH_CHARS) {
      this.flush().catch(() => {});
      return;
    }
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.flush().catch(() => {});
    }, FLUSH_INTERVAL_MS);
    this.#timer.unref();
  }

  async #sendPending(): Promise<void> {
    while (this.#pendingEntries.length > 0) {
      const taken = this.#pendingEntries.splice(0, countFittingEntries(this.#pendingEntries));
      this.#pendingChars = this.#pendingEntries.reduce((sum, entry) => sum + entry.text.length, 0);
      this.#lastChunkNumber += 1;
      const entries = taken.map((e) => ({
        ...e,
        text: this.#redact(e.text).slice(0, MAX_ENTRY_CHARS),
      }));
      await this.#sendChunk({ n: this.#lastChunkNumber, entries });
    }
  }
}

/** How many from the first go into one chunk; at least one. */
function countFittingEntries(entries: readonly TranscriptEntry[]): number {
  let bytes = 0;
  for (const [index, entry] of entries.slice(0, MAX_CHUNK_ENTRIES).entries()) {
    bytes += Buffer.byteLength(JSON.stringify(entry));
    if (bytes > MAX_CHUNK_BYTES) return Math.max(1, index);
  }
  return MAX_CHUNK_ENTRIES;
}

function splitText(text: string): string[] {
  const cut: string[] = [];
  for (let i = 0; i < text.length; i += MAX_ENTRY_CHARS)
    cut.push(text.slice(i, i + MAX_ENTRY_CHARS));
  return cut.slice(0, 4);
}
