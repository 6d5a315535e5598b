import { describeError } from '../core/base/describe-error.ts';
import { buildSchedulerWakeUp } from '../core/contract/queue-message.ts';
import type { EngineDeps } from '../core/engine/engine-deps.ts';
import type { Host } from '../core/port/host.ts';
import { listRepositories } from '../core/store/repository-store.ts';
import { ACTIVE_PLANS } from '../core/topology/table-keys.ts';
import { checkAgent, checkConfigFiles, checkTools } from './doctor/check-tools.ts';
import type { DoctorCheck } from './http/handler/doctor.ts';

// Checks everything that a plan needs: store, queue, launcher, model, forges and machine.

/** Interfaces that the checks call. */
type CheckDeps = Pick<EngineDeps, 'table' | 'queue' | 'clock' | 'launcher' | 'forges' | 'settings'>;

const LOW_DISK_BYTES = 2_000_000_000;

/** Runs all checks; an error of one check becomes a failed result. */
export async function runDoctorChecks(
  engine: CheckDeps,
  host: Host | undefined,
  probeModel: () => Promise<DoctorCheck[]>,
): Promise<DoctorCheck[]> {
  const checks = await Promise.all([
    runCheck('store', () => checkStore(engine)),
    runCheck('queue', () => checkQueue(engine)),
    runCheck('launcher', () => checkLauncher(engine)),
    runChecks('model', probeModel),
    runChecks('forge', () => checkForges(engine)),
    runChecks('agent', async () => [await checkAgent(host, engine.settings.agent)]),
    runChecks('tools', () => checkTools(engine, host)),
    runChecks('tool settings', async () => checkConfigFiles(host)),
    runCheck('disk', () => checkDisk(host)),
    runCheck('isolation', async () => checkIsolation(host)),
    runCheck('verification isolation', () => checkVerifyIsolation(host)),
  ]);
  return checks.flat();
}

async function runChecks(
  name: string,
  check: () => Promise<DoctorCheck[]>,
): Promise<DoctorCheck[]> {
  try {
    return await check();
  } catch (error) {
    return [{ name, state: 'failed', message: describeError(error) }];
  }
}

function runCheck(
  name: string,
  check: () => Promise<Omit<DoctorCheck, 'name'>>,
): Promise<DoctorCheck[]> {
  return runChecks(name, async () => [{ name, ...(await check()) }]);
}

async function checkStore({
  table,
  clock,
}: Pick<EngineDeps, 'table' | 'clock'>): Promise<Omit<DoctorCheck, 'name'>> {
  const key = { pk: 'DOCTOR', sk: 'PROBE' };
  const startedAt = clock.now();
  await table.put({ ...key, at: startedAt });
  const item = await table.get(key);
  await table.queryIndex('ready', ACTIVE_PLANS, { limit: 1 });
  if (item?.at !== startedAt)
    return {
      state: 'failed',
      message: 'a written item could not be read back',
      advice: 'check TABLE_NAME and AWS_ENDPOINT_URL_DYNAMODB',
    };
  return { state: 'ok', message: `writing and reading takes ${clock.now() - startedAt} ms` };
}

async function checkQueue({
  queue,
}: Pick<EngineDeps, 'queue'>): Promise<Omit<DoctorCheck, 'name'>> {
  await queue.send([{ message: buildSchedulerWakeUp() }]);
  return { state: 'ok', message: 'the queue accepts messages' };
}

async function checkLauncher({
  launcher,
  settings,
}: Pick<EngineDeps, 'launcher' | 'settings'>): Promise<Omit<DoctorCheck, 'name'>> {
  const pods = await launcher.list();
  return {
    state: 'ok',
    message: `${pods.length} of at most ${settings.caps.system} concurrent attempts are running`,
  };
}

async function checkForges(
  engine: Pick<EngineDeps, 'table' | 'forges' | 'settings'>,
): Promise<DoctorCheck[]> {
  const { items } = await listRepositories(engine.table, { limit: 50 });
  if (items.length === 0)
    return [
      {
        name: 'forge',
        state: 'skipped',
        message: 'no repository is linked',
        advice: 'link a repository: smol-gang repo link',
      },
    ];
  const checks = await Promise.all(
    items.map((repository) =>
      runChecks(`forge ${repository.name}`, () => checkRepository(engine, repository)),
    ),
  );
  return checks.flat();
}

async function checkRepository(
  engine: Pick<EngineDeps, 'forges' | 'settings'>,
  repository: { readonly name: string; readonly forge: 'local' | 'github' },
): Promise<DoctorCheck[]> {
  const forge = engine.forges[repository.forge];
  const facts = await forge.readRepository(repository.name);
  const name = `forge ${repository.name}`;
  const findings = await forge.runPreflight(
    repository.name,
    facts.defaultBranch,
    engine.settings.prefix,
  );
  if (findings.length === 0)
    return [{ name, state: 'ok', message: `reachable, default branch ${facts.defaultBranch}` }];
  return findings.map((finding) => ({
    name,
    state: finding.blocking ? 'failed' : 'warning',
    message: finding.message,
  }));
}

async function checkDisk(host: Host | undefined): Promise<Omit<DoctorCheck, 'name'>> {
  if (host === undefined)
    return { state: 'skipped', message: 'a cloud installation has no disk to check' };
  const { dataBytes, freeBytes } = await host.measureDisk();
  const message = `${(dataBytes / 1e6).toFixed(0)} MB used, ${(freeBytes / 1e9).toFixed(1)} GB free`;
  if (freeBytes < LOW_DISK_BYTES)
    return { state: 'warning', message, advice: 'free disk space, or run smol-gang gc' };
  return { state: 'ok', message };
}

async function checkVerifyIsolation(host: Host | undefined): Promise<Omit<DoctorCheck, 'name'>> {
  const isolation = await host?.detectVerifyIsolation();
  if (isolation === undefined)
    return { state: 'ok', message: 'each attempt runs in a separate pod' };
  if (isolation === 'namespaces')
    return {
      state: 'ok',
      message: 'the system ends every process of an agent before verification',
    };
  if (isolation === 'processes') {
    return {
      state: 'warning',
      message:
        'verification runs without process namespaces: a process that an agent hides could influence the result',
      advice: 'allow user namespaces for programs that you start, if your system has them',
    };
  }
  return {
    state: 'failed',
    message:
      'SMOL_ISOLATION is namespaces, but this system does not let programs create namespaces',
    advice: 'allow user namespaces, or set SMOL_ISOLATION=auto',
  };
}

function checkIsolation(host: Host | undefined): Omit<DoctorCheck, 'name'> {
  if (host === undefined) return { state: 'ok', message: 'each attempt runs in a separate pod' };
  return {
    state: 'warning',
    message: host.describeIsolation(),
    advice: 'run only prompts that you trust with your files',
  };
}
