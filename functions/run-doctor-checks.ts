import { wakeUpScheduler } from '../core/contract/queue-message.ts';
import type { EngineDeps } from '../core/engine/engine-deps.ts';
import type { Host } from '../core/port/host.ts';
import { listRepositories } from '../core/store/repository-store.ts';
import { ACTIVE_PLANS } from '../core/topology/table-keys.ts';
import type { DoctorCheck } from './http/handler/doctor.ts';

// Tests what a plan needs before one is paid for, and says what to do about it.

const LOW_DISK_BYTES = 2_000_000_000;

export async function runDoctorChecks(
  engine: EngineDeps,
  host: Host | undefined,
  probeModel: () => Promise<DoctorCheck[]>,
): Promise<DoctorCheck[]> {
  const checks = await Promise.all([
    runCheck('store', () => checkStore(engine)),
    runCheck('queue', () => checkQueue(engine)),
    runCheck('launcher', () => checkLauncher(engine)),
    runChecks('model', probeModel),
    runChecks('forge', () => checkForges(engine)),
    runCheck('disk', () => checkDisk(host)),
    runCheck('isolation', async () => checkIsolation(host)),
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
    return [
      { name, state: 'failed', message: error instanceof Error ? error.message : String(error) },
    ];
  }
}

function runCheck(
  name: string,
  check: () => Promise<Omit<DoctorCheck, 'name'>>,
): Promise<DoctorCheck[]> {
  return runChecks(name, async () => [{ name, ...(await check()) }]);
}

async function checkStore({ table, clock }: EngineDeps): Promise<Omit<DoctorCheck, 'name'>> {
  const key = { pk: 'DOCTOR', sk: 'PROBE' };
  const began = clock.now();
  await table.put({ ...key, at: began });
  const item = await table.get(key);
  await table.index('ready', ACTIVE_PLANS, { limit: 1 });
  if (item?.at !== began)
    return {
      state: 'failed',
      message: 'what was written could not be read back',
      advice: 'check that TABLE_NAME and the endpoint belong together',
    };
  return { state: 'ok', message: `writes and reads in ${clock.now() - began} ms` };
}

async function checkQueue({ queue }: EngineDeps): Promise<Omit<DoctorCheck, 'name'>> {
  await queue.send([{ message: wakeUpScheduler() }]);
  return { state: 'ok', message: 'takes messages' };
}

async function checkLauncher({
  launcher,
  settings,
}: EngineDeps): Promise<Omit<DoctorCheck, 'name'>> {
  const pods = await launcher.list();
  return {
    state: 'ok',
    message: `${pods.length} attempts now, ${settings.caps.system} at once at most`,
  };
}

async function checkForges(engine: EngineDeps): Promise<DoctorCheck[]> {
  const { items } = await listRepositories(engine.table, { limit: 50 });
  if (items.length === 0)
    return [
      {
        name: 'forge',
        state: 'skipped',
        message: 'no repository is linked',
        advice: 'link one: smol-gang repo link',
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
  engine: EngineDeps,
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
    return [{ name, state: 'ok', message: `reachable, base ${facts.defaultBranch}` }];
  return findings.map((finding) => ({
    name,
    state: finding.blocking ? 'failed' : 'warning',
    message: finding.message,
  }));
}

async function checkDisk(host: Host | undefined): Promise<Omit<DoctorCheck, 'name'>> {
  if (host === undefined) return { state: 'skipped', message: 'a cloud has no disk of its own' };
  const { dataBytes, freeBytes } = await host.measureDisk();
  const message = `${(dataBytes / 1e6).toFixed(0)} MB used, ${(freeBytes / 1e9).toFixed(1)} GB free`;
  if (freeBytes < LOW_DISK_BYTES)
    return { state: 'warning', message, advice: 'make room, or run smol-gang gc' };
  return { state: 'ok', message };
}

function checkIsolation(host: Host | undefined): Omit<DoctorCheck, 'name'> {
  if (host === undefined) return { state: 'ok', message: 'each attempt runs in a pod of its own' };
  return {
    state: 'warning',
    message: host.describeIsolation(),
    advice: 'run prompts that you would run yourself; a cluster walls agents off',
  };
}
