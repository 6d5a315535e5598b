import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BRIDGE_ENVIRONMENT } from '../../../core/contract/bridge.ts';

// A stand-in for the bridge. When ready, the process writes ready.json to its work folder; on SIGUSR2 it exits. The variable FAKE_BRIDGE
// selects a behaviour: `stubborn` (ignores SIGTERM and starts processes that are hard to find), `chatty` (prints 60,000 lines), `crash`
// (ends before it is ready), or empty (becomes ready and waits).

const workDir = process.env[BRIDGE_ENVIRONMENT.workDir] ?? '';
const behaviour = process.env.FAKE_BRIDGE ?? '';
mkdirSync(workDir, { recursive: true });
process.on('SIGUSR2', () => process.exit(0));
process.on('SIGTERM', () => {
  if (behaviour !== 'stubborn') process.exit(0);
});

const pids = behaviour === 'stubborn' ? startProcessFamily() : [];
if (behaviour === 'chatty')
  for (let line = 0; line < 60_000; line += 1) console.log('line of the log', line);
if (behaviour === 'crash') throw new Error('simulated crash: this bridge cannot start');
writeFileSync(join(workDir, 'draft'), JSON.stringify({ pid: process.pid, pids, env: process.env }));
renameSync(join(workDir, 'draft'), join(workDir, 'ready.json'));
setInterval(() => {}, 60_000);

/**
 * Starts a child, a child that leads its own session, and an orphan in its own session. None has the environment of this process, by
 * which a launcher recognises the processes of a pod. Returns the ids of the two children.
 */
function startProcessFamily(): number[] {
  const env = { PATH: process.env.PATH };
  const child = spawn('sleep', ['1000'], { stdio: 'ignore', env });
  const sessionLeader = spawn('sleep', ['1000'], { stdio: 'ignore', detached: true, env });
  const script = 'trap "" TERM HUP; sleep 1000 & echo $! > orphan; exit 0';
  spawn('sh', ['-c', script], { cwd: workDir, stdio: 'ignore', detached: true, env });
  return [child.pid ?? 0, sessionLeader.pid ?? 0];
}
