import type { AgentName } from '../../core/contract/agent.ts';
import {
  AGENT_PROGRAMS,
  agentNameSchema,
  describeMissingAgent,
} from '../../core/contract/agent.ts';
import type { EngineDeps } from '../../core/engine/engine-deps.ts';
import { STACKS } from '../../core/planning/explore/stack.ts';
import type { Forge } from '../../core/port/forge.ts';
import type { Host } from '../../core/port/host.ts';
import { listRepositories } from '../../core/store/repository-store.ts';
import type { DoctorCheck } from '../http/handler/doctor.ts';

// Checks that attempts find their programs: the agent, and the tool chains that the linked repositories need. Attempts have an empty
// HOME, so a tool chain that works in the shell of the person can fail there.

/** Interfaces that the check of tool chains calls. */
type ToolDeps = Pick<EngineDeps, 'table'> & {
  readonly forges: Readonly<
    Record<keyof EngineDeps['forges'], Pick<Forge, 'readBranchHead' | 'readTree'>>
  >;
};

const MAX_REPOSITORIES = 20;
const MAX_TREE_ENTRIES = 5_000;
/** Depth of the folders in which manifests are considered, from the root of the repository. */
const MAX_MANIFEST_DEPTH = 2;

/** Commands that print the version of the programs of a stack, by the name of the stack in `STACKS`. */
const VERSION_COMMANDS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'Node.js': [
    ['node', '--version'],
    ['npm', '--version'],
  ],
  Python: [['python3', '--version']],
  Go: [['go', 'version']],
  Rust: [['cargo', '--version']],
  'Java or Kotlin': [['java', '-version']],
  Ruby: [['ruby', '--version']],
  PHP: [['php', '--version']],
  '.NET': [['dotnet', '--version']],
  Elixir: [['elixir', '--version']],
  Swift: [['swift', '--version']],
  Dart: [['dart', '--version']],
};

/** Checks the program of an agent. */
export async function checkAgent(host: Host | undefined, agent: string): Promise<DoctorCheck> {
  const known = agentNameSchema.safeParse(agent);
  const name: AgentName | undefined = known.success ? known.data : undefined;
  const check = { name: 'agent' };
  if (name === undefined)
    return { ...check, state: 'failed', message: `AGENT names the unknown agent ${agent}` };
  if (name === 'small') return { ...check, state: 'ok', message: 'the agent small is built in' };
  if (host === undefined)
    return { ...check, state: 'skipped', message: 'the image of a pod contains the agent' };
  const { program } = AGENT_PROGRAMS[name];
  const run = await host.runInAttemptEnvironment([program, '--version']);
  if (run === undefined) return { ...check, state: 'failed', message: describeMissingAgent(name) };
  const version = getFirstLine(run.output);
  return {
    ...check,
    state: 'ok',
    message: `${name}: the program ${program} is installed${version === '' ? '' : ` (${version})`}`,
  };
}

/** Names the configuration files of package managers that attempts do not get; no check if there are none. */
export function checkConfigFiles(host: Host | undefined): DoctorCheck[] {
  const files = host?.listUnusedConfigFiles() ?? [];
  if (files.length === 0) return [];
  const paths = files.map(({ path }) => `~/${path}`).join(', ');
  const names = files.map(({ name }) => name).join(',');
  return [
    {
      name: 'tool settings',
      state: 'ok',
      message: `attempts do not get ${paths}`,
      advice: `if they name a private registry that builds need, set TOOL_CONFIG_FILES=${names}; agents can then read these files`,
    },
  ];
}

/** Checks git, and the programs of the stacks of linked repositories, in the environment of an attempt. */
export async function checkTools(engine: ToolDeps, host: Host | undefined): Promise<DoctorCheck[]> {
  if (host === undefined) return [];
  const repositoriesByProgram = new Map<string, string[]>();
  const commands = new Map<string, readonly string[]>([['git', ['git', '--version']]]);
  for (const { repository, stack } of await findStacks(engine)) {
    for (const command of VERSION_COMMANDS[stack] ?? []) {
      const [program = ''] = command;
      commands.set(program, command);
      repositoriesByProgram.set(program, [
        ...(repositoriesByProgram.get(program) ?? []),
        repository,
      ]);
    }
  }
  return Promise.all(
    [...commands].map(([program, command]) =>
      checkProgram(host, program, command, repositoriesByProgram.get(program) ?? []),
    ),
  );
}

async function checkProgram(
  host: Host,
  program: string,
  command: readonly string[],
  repositories: readonly string[],
): Promise<DoctorCheck> {
  const name = `tool ${program}`;
  const run = await host.runInAttemptEnvironment(command);
  if (run?.exitCode === 0) return { name, state: 'ok', message: getFirstLine(run.output) };
  const users = repositories.length === 0 ? '' : `, which ${repositories.join(' and ')} needs`;
  const problem =
    run === undefined
      ? `attempts do not find ${program}${users}`
      : `\`${command.join(' ')}\` fails in the environment of attempts${users}: ${run.output}`;
  return {
    name,
    state: 'warning',
    message: problem,
    advice:
      'Attempts have an empty HOME. Install the program for all users, or set the variable of its tool chain (docs/operations.md, "Isolation on a laptop") and start the platform again.',
  };
}

async function findStacks({
  table,
  forges,
}: ToolDeps): Promise<{ readonly repository: string; readonly stack: string }[]> {
  const { items } = await listRepositories(table, { limit: MAX_REPOSITORIES });
  const stacks = await Promise.all(
    items.map(async ({ name, forge, defaultBranch }) => {
      const head = await forges[forge].readBranchHead(name, defaultBranch);
      if (head === undefined) return [];
      const { entries } = await forges[forge].readTree(name, head, MAX_TREE_ENTRIES);
      const manifests = new Set(
        entries
          .map(({ path }) => path.split('/'))
          .filter((segments) => segments.length <= MAX_MANIFEST_DEPTH)
          .map((segments) => segments.at(-1) ?? ''),
      );
      return STACKS.filter((stack) => stack.manifests.some((file) => manifests.has(file))).map(
        (stack) => ({ repository: name, stack: stack.name }),
      );
    }),
  );
  return stacks.flat();
}

function getFirstLine(text: string): string {
  return text.split('\n')[0]?.trim() ?? '';
}
