import { expect, test } from 'vitest';
import { ABSENT, formatRefusal, parsePushHead } from './push-commands.ts';

const SHA = 'a'.repeat(40);

function formatLine(text: string): Buffer {
  const length = (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0');
  return Buffer.from(length + text);
}

const push = Buffer.concat([
  formatLine(`${ABSENT} ${SHA} refs/heads/one\0report-status side-band-64k\n`),
  formatLine(`${SHA} ${ABSENT} refs/heads/two\n`),
  Buffer.from('0000PACK'),
]);

test('parsePushHead reads the commands and capabilities, and leaves the pack unread', () => {
  expect(parsePushHead(push)).toEqual({
    commands: [
      { before: ABSENT, after: SHA, ref: 'refs/heads/one' },
      { before: SHA, after: ABSENT, ref: 'refs/heads/two' },
    ],
    capabilities: new Set(['report-status', 'side-band-64k']),
  });
});

test('parsePushHead asks for more bytes at every cut before the end of the head', () => {
  const end = push.indexOf('0000PACK') + 4;
  for (let cut = 0; cut < end; cut += 1) {
    expect(parsePushHead(push.subarray(0, cut))).toBe('incomplete');
  }
});

test.each(['zzzz', '0003', '000aoops!\n', '000fpush-cert\0\n'])(
  'parsePushHead refuses %j',
  (text) => {
    expect(parsePushHead(Buffer.from(text))).toBe('malformed');
  },
);

test('parsePushHead accepts a probe without commands', () => {
  expect(parsePushHead(Buffer.from('0000'))).toEqual({ commands: [], capabilities: new Set() });
});

test('formatRefusal reports every reference as refused, with its reason if known', () => {
  const head = parsePushHead(push);
  if (typeof head === 'string') throw new Error(head);

  const answer = formatRefusal(head, new Map([['refs/heads/one', 'not yours']]));

  const text = answer?.toString('latin1') ?? '';
  expect(text).toContain('unpack ok\n');
  expect(text).toContain('ng refs/heads/one not yours\n');
  expect(text).toContain('ng refs/heads/two another reference of this push was refused\n');
  expect(text.endsWith('00000000')).toBe(true);
});
