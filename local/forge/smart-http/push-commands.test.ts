import { expect, test } from 'vitest';
import { formatRefusal, parsePushHead, ZERO_SHA } from './push-commands.ts';

const SHA = 'a'.repeat(40);

function formatPacketLine(text: string): Buffer {
  const length = (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0');
  return Buffer.from(length + text);
}

const push = Buffer.concat([
  formatPacketLine(`${ZERO_SHA} ${SHA} refs/heads/one\0report-status side-band-64k\n`),
  formatPacketLine(`${SHA} ${ZERO_SHA} refs/heads/two\n`),
  Buffer.from('0000PACK'),
]);

test('parsePushHead returns the commands and capabilities, and ignores the pack data', () => {
  expect(parsePushHead(push)).toEqual({
    commands: [
      { before: ZERO_SHA, after: SHA, ref: 'refs/heads/one' },
      { before: SHA, after: ZERO_SHA, ref: 'refs/heads/two' },
    ],
    capabilities: new Set(['report-status', 'side-band-64k']),
  });
});

test('parsePushHead returns incomplete for every prefix of a push head', () => {
  const end = push.indexOf('0000PACK') + 4;
  for (let cut = 0; cut < end; cut += 1) {
    expect(parsePushHead(push.subarray(0, cut))).toBe('incomplete');
  }
});

test.each(['zzzz', '0003', '000aoops!\n', '000fpush-cert\0\n'])(
  'parsePushHead returns malformed for %j',
  (text) => {
    expect(parsePushHead(Buffer.from(text))).toBe('malformed');
  },
);

test('parsePushHead accepts a push without commands, which git sends to test the connection', () => {
  expect(parsePushHead(Buffer.from('0000'))).toEqual({ commands: [], capabilities: new Set() });
});

test('formatRefusal refuses every reference, with the reason of the reference or a general reason', () => {
  const head = parsePushHead(push);
  if (typeof head === 'string') throw new Error(head);

  const answer = formatRefusal(head, new Map([['refs/heads/one', 'not yours']]));

  const text = answer?.toString('latin1') ?? '';
  expect(text).toContain('unpack ok\n');
  expect(text).toContain('ng refs/heads/one not yours\n');
  expect(text).toContain('ng refs/heads/two another reference of this push was refused\n');
  expect(text.endsWith('00000000')).toBe(true);
});
