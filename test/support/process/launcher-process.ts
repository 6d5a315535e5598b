import { createProcessLauncher } from '../../../adapters/process/create-process-launcher.ts';
import { FAKE_BRIDGE } from './process-pods.ts';

// Usage: launcher-process.ts <state folder> <API URL>
// Starts pods in an endless loop, and removes every third, until a test kills the process at an arbitrary moment.

const [stateDir = '', apiUrl = ''] = process.argv.slice(2);
const launcher = createProcessLauncher({
  stateDir,
  bridgeEntry: FAKE_BRIDGE,
  now: Date.now,
  graceMs: 100,
});
process.send?.('up');
for (let n = 1; ; n += 1) {
  const name = `pod-${process.pid}-${n}`;
  await launcher.ensure({
    name,
    attemptId: `p0000000001.r1.${name}.1`,
    apiUrl,
    token: 'token',
    deadline: Date.now() + 60_000,
    labels: { plan: 'p0000000001', run: '1', task: name, attempt: '1', repo: 'demo' },
  });
  if (n % 3 === 0) await launcher.remove(name);
}
