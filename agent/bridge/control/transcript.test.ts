import { expect, test } from 'vitest';
import type { TranscriptEntry } from '../../../core/contract/attempt.ts';
import { Transcript } from './transcript.ts';

function createRecordedTranscript() {
  const chunks: { readonly n: number; readonly entries: TranscriptEntry[] }[] = [];
  const send = async (chunk: { readonly n: number; readonly entries: TranscriptEntry[] }) => {
    await Promise.resolve();
    chunks.push(chunk);
  };
  const transcript = new Transcript(
    send,
    (text) => text.replaceAll('secret', '[gone]'),
    () => 5,
  );
  return { chunks, transcript };
}

test('running text of one kind is one entry', async () => {
  const { chunks, transcript } = createRecordedTranscript();
  transcript.appendText('agent', 'Hello ');
  transcript.appendText('agent', 'there');
  transcript.appendText('thought', 'hm');
  transcript.appendText('agent', 'Bye');

  await transcript.flush();

  expect(chunks).toEqual([
    {
      n: 1,
      entries: [
        { at: 5, kind: 'agent', text: 'Hello there' },
        { at: 5, kind: 'thought', text: 'hm' },
        { at: 5, kind: 'agent', text: 'Bye' },
      ],
    },
  ]);
});

test('secrets are removed after pieces are joined', async () => {
  const { chunks, transcript } = createRecordedTranscript();
  transcript.appendText('agent', 'my sec');
  transcript.appendText('agent', 'ret');

  await transcript.flush();

  expect(chunks[0]?.entries[0]?.text).toBe('my [gone]');
});

test('chunks are numbered without gaps, however flushes overlap', async () => {
  const { chunks, transcript } = createRecordedTranscript();
  const flushes: Promise<void>[] = [];
  for (let i = 0; i < 500; i += 1) {
    transcript.addEntry('tool', `call ${i}`);
    if (i % 50 === 0) flushes.push(transcript.flush());
  }
  await Promise.all([...flushes, transcript.flush()]);

  expect(chunks.map((chunk) => chunk.n)).toEqual(chunks.map((_chunk, i) => i + 1));
  const texts = chunks.flatMap((chunk) => chunk.entries.map((entry) => entry.text));
  expect(texts).toEqual(Array.from({ length: 500 }, (_each, i) => `call ${i}`));
  expect(Math.max(...chunks.map((chunk) => chunk.entries.length))).toBeLessThanOrEqual(200);
});

test('8 KB are sent without waiting', async () => {
  const { chunks, transcript } = createRecordedTranscript();

  transcript.appendText('agent', 'x'.repeat(9_000));
  for (let i = 0; i < 10; i += 1) await Promise.resolve();

  expect(chunks).toHaveLength(1);
});

test('long entries are cut into pieces that the contract takes', async () => {
  const { chunks, transcript } = createRecordedTranscript();
  transcript.addEntry('tool', 'x'.repeat(100_000));

  await transcript.flush();

  const lengths = chunks.flatMap((chunk) => chunk.entries.map((entry) => entry.text.length));
  expect(lengths).toEqual([16_000, 16_000, 16_000, 16_000]);
});

test('what has piled up goes out in chunks that can be stored', async () => {
  const { chunks, transcript } = createRecordedTranscript();
  for (let i = 0; i < 60; i += 1)
    transcript.addEntry(i % 2 ? 'tool' : 'agent', '計'.repeat(16_000));

  await transcript.flush();

  expect(chunks.flatMap((chunk) => chunk.entries)).toHaveLength(60);
  expect(chunks.map((chunk) => chunk.n)).toEqual(chunks.map((_, index) => index + 1));
  for (const chunk of chunks)
    expect(Buffer.byteLength(JSON.stringify(chunk))).toBeLessThan(210_000);
});
