import { afterEach, expect, test } from 'vitest';
import type { BridgeFixture } from '../../support/bridge/bridge-fixture.ts';
import { requireDoneResult, setUpBridgeFixture } from '../../support/bridge/bridge-fixture.ts';

let fixture: BridgeFixture;
afterEach(() => fixture.close());

const OLD_KEY = `AKIA${'OLDOLDOLDOLDOLD1'}`;
const NEW_KEY = `AKIA${'NEWNEWNEWNEWNEW1'}`;

test('a new file that differs only in case from an existing file is flagged', async () => {
  fixture = await setUpBridgeFixture({ 'README.md': 'sample\n' });
  fixture.assignment.verify = [];

  const bridge = await fixture.startBridge([[{ write: 'readme.md', content: 'x\n' }]]);
  await bridge.ended;

  expect(requireDoneResult(fixture).flagged).toEqual([
    {
      path: 'readme.md',
      why: expect.stringContaining('differs only in case from README.md'),
      kind: 'case_collision',
    },
  ]);
});

test('secrets, emptied tests, large files and nested repositories are flagged, the worst first', async () => {
  fixture = await setUpBridgeFixture({
    'old.txt': `key = ${OLD_KEY}\n`,
    'test/math.test.js': 'assert\n'.repeat(40),
  });
  fixture.assignment.verify = [];
  const script = [
    `echo "one more line" >> old.txt && echo "key = ${NEW_KEY}" > new.txt`,
    'echo assert > test/math.test.js && head -c 6000000 /dev/zero > big.bin',
    'mkdir web && cd web && git init -q && echo 1 > a.js',
  ].join('\n');

  const bridge = await fixture.startBridge([[{ run: ['sh', '-c', script] }, { text: 'Done.' }]]);
  await bridge.ended;

  const { flagged, flagCounts } = requireDoneResult(fixture);
  expect(flagged.map(({ path, kind }) => [path, kind])).toEqual([
    ['new.txt', 'secret'],
    ['test/math.test.js', 'test_deleted'],
    ['web/', 'nested_repository'],
    ['big.bin', 'large'],
  ]);
  expect(flagged[0]?.why).toBe('line 1 looks like a secret (AWS access key)');
  expect(JSON.stringify(flagged)).not.toContain(NEW_KEY);
  expect(flagCounts).toEqual({ secret: 1, test_deleted: 1, nested_repository: 1, large: 1 });
});
