import { expect, test } from 'vitest';
import type { TranscriptEntry } from '../../../core/contract/attempt.ts';
import { Transcript } from './transcript.ts';

function createRecordedTranscript() {
  const chunks: { readonly n: number; readonly entries: TranscriptEntry[] }[] = [];
  const sendChunk = async (chunk: { readonly n: number; readonly entries: TranscriptEntry[] }) => {
    await Promise.resolve();
    chunks.push(chunk);
  };
  const transcript = new Transcript(
    sendChunk,
    (text) => text.replaceAll('secret', '[gone]'),
    () => 5,
  );
  return { chunks, transcript };
}

test('consecutive pieces of text of the same kind become one entry', async () => {
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

test('a secret is removed even if the text arrives in two pieces', async () => {
  const { chunks, transcript } = createRecordedTranscript();
  transcript.appendText('agent', 'my sec');
  transcript.appendText('agent', 'ret');

  await transcript.flush();

  expect(chunks[0]?.entries[0]?.text).toBe('my [gone]');
});

test('chunks are numbered without gaps when flushes overlap', async () => {
  const { chunks, transcript } = createRecordedTranscript();
  const flushes: Promise<void>[] = [];
  for (let index = 0; index < 500; index += 1) {
    transcript.addEntry('tool', `call ${index}`);
    if (index % 50 === 0) flushes.push(transcript.flush());
  }
  await Promise.all([...flushes, transcript.flush()]);

  expect(chunks.map((chunk) => chunk.n)).toEqual(chunks.map((_, index) => index + 1));
  const texts = chunks.flatMap((chunk) => chunk.entries.map((entry) => entry.text));
  expect(texts).toEqual(Array.from({ length: 500 }, (_, index) => `call ${index}`));
  expect(Math.max(...chunks.map((chunk) => chunk.entries.length))).toBeLessThanOrEqual(200);
});

test('text is sent without a delay as soon as 8192 characters are pending', async () => {
  const { chunks, transcript } = createRecordedTranscript();

  transcript.appendText('agent', 'x'.repeat(9_000));
  for (let tick = 0; tick < 10; tick += 1) await Promise.resolve();

  expect(chunks).toHaveLength(1);
});

test('a long text becomes at most four entries of 16,000 characters, and the remainder is dropped', async () => {
  const { chunks, transcript } = createRecordedTranscript();
  transcript.addEntry('tool', 'x'.repeat(100_000));

  await transcript.flush();

  const lengths = chunks.flatMap((chunk) => chunk.entries.map((entry) => entry.text.length));
  expect(lengths).toEqual([16_000, 16_000, 16_000, 16_000]);
});

test('many pending entries are sent in several chunks of about 200 KB', async () => {
  const { chunks, transcript } = createRecordedTranscript();
  for (let index = 0; index < 60; index += 1)
    transcript.addEntry(index % 2 ? 'tool' : 'agent', '計'.repeat(16_000));

  await transcript.flush();

  expect(chunks.flatMap((chunk) => chunk.entries)).toHaveLength(60);
  expect(chunks.map((chunk) => chunk.n)).toEqual(chunks.map((_, index) => index + 1));
  for (const chunk of chunks)
    expect(Buffer.byteLength(JSON.stringify(chunk))).toBeLessThan(210_000);
});

test('the end of the transcript contains entries already sent, no thoughts and no secrets', async () => {
  const { transcript } = createRecordedTranscript();
  transcript.addEntry('bridge', 'x'.repeat(30_000));
  transcript.appendText('agent', 'My sec');
  transcript.appendText('agent', 'ret is safe.');
  transcript.appendText('thought', 'hm');
  await transcript.flush();
  transcript.addEntry('tool', 'read a.txt');

  const end = transcript.renderEnd();

  expect(end).toHaveLength(12_000);
  expect(end).toMatch(/x\n\n\[agent\] My \[gone\] is safe\.\n\n\[tool\] read a\.txt$/);
});
