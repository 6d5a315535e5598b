import type { TranscriptEntry } from '../../../core/contract/attempt.ts';
import type { Redact } from '../host/redactor.ts';

// Sends the conversation with the agent to the control plane in numbered chunks. Consecutive pieces of text of the same kind become one
// entry.

type EntryKind = TranscriptEntry['kind'];

/** Sends one chunk. The chunk number `n` counts from 1 without gaps. */
export type SendChunk = (chunk: {
  readonly n: number;
  readonly entries: TranscriptEntry[];
}) => Promise<unknown>;

const FLUSH_DELAY_MS = 1_000;
/** A chunk is sent without a delay when this number of characters is pending. */
const FLUSH_CHARS = 8_192;
/** Limits in the contract. */
const MAX_ENTRY_CHARS = 16_000;
const MAX_CHUNK_ENTRIES = 200;
/** Size limit of one chunk, bytes of JSON. */
const MAX_CHUNK_BYTES = 200_000;
/** Limit of unsent entries. Beyond the limit, the older half is dropped. */
const MAX_PENDING_ENTRIES = 2_000;
const MAX_ENTRIES_PER_TEXT = 4;
/** Limit of the text that `renderEnd` returns. */
const MAX_END_CHARS = 12_000;

/** Transcript of one attempt. A chunk is sent one second after its first entry, or earlier when 8192 characters are pending. */
export class Transcript {
  readonly #sendChunk: SendChunk;
  readonly #redact: Redact;
  readonly #now: () => number;
  readonly #pendingEntries: TranscriptEntry[] = [];
  #pendingChars = 0;
  #lastChunkNumber = 0;
  #endText = '';
  #endKind: EntryKind | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastFlush: Promise<void> = Promise.resolve();

  constructor(sendChunk: SendChunk, redact: Redact, now: () => number) {
    this.#sendChunk = sendChunk;
    this.#redact = redact;
    this.#now = now;
  }

  /** Appends a piece of streamed text to the last entry if that entry has the same kind; otherwise starts a new entry. */
  appendText(kind: EntryKind, text: string): void {
    this.#extendEnd(kind, text, this.#endKind === kind);
    const last = this.#pendingEntries.at(-1);
    if (last?.kind === kind && last.text.length + text.length <= MAX_ENTRY_CHARS) {
      last.text += text;
      this.#scheduleFlush(text.length);
      return;
    }
    this.#addPieces(kind, text);
  }

  /** Adds an entry. A long text becomes up to four entries; the remainder is dropped. */
  addEntry(kind: EntryKind, text: string): void {
    this.#extendEnd(kind, text, false);
    this.#addPieces(kind, text);
  }

  /** Returns the end of the transcript without the thoughts of the agent: at most 12,000 characters, also of entries already sent. */
  renderEnd(): string {
    return this.#redact(this.#endText).slice(-MAX_END_CHARS);
  }

  #extendEnd(kind: EntryKind, text: string, continuesEntry: boolean): void {
    if (kind === 'thought' || text === '') return;
    const extended = this.#endText + (continuesEntry ? text : `\n\n[${kind}] ${text}`);
    this.#endKind = kind;
    // The text is cut only at twice the limit, because a cut at every piece would copy the whole text each time.
    this.#endText = extended.length > 2 * MAX_END_CHARS ? extended.slice(-MAX_END_CHARS) : extended;
  }

  #addPieces(kind: EntryKind, text: string): void {
    if (text === '') return;
    for (const piece of splitText(text)) {
      this.#pendingEntries.push({ at: this.#now(), kind, text: piece });
      this.#scheduleFlush(piece.length);
    }
    if (this.#pendingEntries.length <= MAX_PENDING_ENTRIES) return;
    // The API has not accepted transcripts for a long time. A gap in the transcript is better than a bridge without memory.
    const dropped = this.#pendingEntries.length - MAX_PENDING_ENTRIES / 2;
    this.#pendingEntries.splice(0, dropped, {
      at: this.#now(),
      kind: 'bridge',
      text: `${dropped} entries were dropped because the control plane did not answer`,
    });
  }

  /** Sends all pending entries. Resolves when every entry so far is sent. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const flushed = this.#lastFlush.then(() => this.#sendPending());
    // A failed flush must not fail the next flush. The callback client has already reacted to the error.
    this.#lastFlush = flushed.catch(() => {});
    return flushed;
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
    }, FLUSH_DELAY_MS);
    this.#timer.unref();
  }

  async #sendPending(): Promise<void> {
    while (this.#pendingEntries.length > 0) {
      const chunkEntries = this.#pendingEntries.splice(
        0,
        countFittingEntries(this.#pendingEntries),
      );
      this.#pendingChars = this.#pendingEntries.reduce((sum, entry) => sum + entry.text.length, 0);
      this.#lastChunkNumber += 1;
      const entries = chunkEntries.map((entry) => ({
        ...entry,
        text: this.#redact(entry.text).slice(0, MAX_ENTRY_CHARS),
      }));
      await this.#sendChunk({ n: this.#lastChunkNumber, entries });
    }
  }
}

/** Returns how many entries from the start of the list fit into one chunk; at least 1. */
function countFittingEntries(entries: readonly TranscriptEntry[]): number {
  let bytes = 0;
  for (const [index, entry] of entries.slice(0, MAX_CHUNK_ENTRIES).entries()) {
    bytes += Buffer.byteLength(JSON.stringify(entry));
    if (bytes > MAX_CHUNK_BYTES) return Math.max(1, index);
  }
  return MAX_CHUNK_ENTRIES;
}

function splitText(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += MAX_ENTRY_CHARS)
    pieces.push(text.slice(start, start + MAX_ENTRY_CHARS));
  return pieces.slice(0, MAX_ENTRIES_PER_TEXT);
}
