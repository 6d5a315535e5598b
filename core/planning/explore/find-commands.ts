import { z } from 'zod';
import { parseJson } from '../../base/parse-json.ts';
import type { RepositoryFile } from '../../contract/repository.ts';
import { getBaseName, LOCKFILES } from './stack.ts';

// Finds the set-up and verify commands of a repository: from `.smol-gang.yaml`, or otherwise from the manifests at the root.
// A verify command that fails without tests is derived only if the repository shows tests: a wrong guess would fail every task.

/** A program and its arguments. */
export type Command = string[];

/** Set-up and verify commands, in order. */
export type FoundCommands = {
  readonly setup: Command[];
  readonly verify: Command[];
  /** Description of the commands and their sources, for people. */
  readonly description: string;
};

/** The files of a repository, as far as needed to find commands. */
export type TreeFiles = {
  /** All paths of the tree. */
  readonly paths: ReadonlySet<string>;
  /** Texts by path, for the files that have been read. */
  readonly texts: ReadonlyMap<string, string>;
};

/** The commands that follow from a manifest; `from` is the name of the manifest. */
type ManifestCommands = {
  readonly setup: Command[];
  readonly verify: Command[];
  readonly from: string;
};

/** Finds the commands; each field of `.smol-gang.yaml` (`config`) replaces the commands of all manifests. */
export function findCommands(tree: TreeFiles, config: RepositoryFile | undefined): FoundCommands {
  const candidates = findManifestCommands(tree);
  const setup = config?.setup ?? candidates.flatMap((candidate) => candidate.setup);
  const verify = config?.verify ?? candidates.flatMap((candidate) => candidate.verify);
  const sources = {
    setup: config?.setup === undefined ? listSources(candidates, 'setup') : '.smol-gang.yaml',
    verify: config?.verify === undefined ? listSources(candidates, 'verify') : '.smol-gang.yaml',
  };
  const description = [
    describeCommands('set-up', setup, sources.setup),
    describeCommands('verify', verify, sources.verify),
  ].join('; ');
  return { setup, verify, description };
}

function findManifestCommands(tree: TreeFiles): ManifestCommands[] {
  const finders = [
    findNodeCommands,
    findGoCommands,
    findRustCommands,
    findPythonCommands,
    findJvmCommands,
    findRubyCommands,
    findPhpCommands,
    findElixirCommands,
    findDotnetCommands,
  ];
  const candidates = finders
    .map((find) => find(tree))
    .filter((candidate) => candidate !== undefined);
  if (candidates.some(({ verify }) => verify.length > 0)) return candidates;
  const makeCommands = findMakeCommands(tree);
  return makeCommands === undefined ? candidates : [...candidates, makeCommands];
}

function listSources(candidates: readonly ManifestCommands[], field: 'setup' | 'verify'): string {
  return candidates
    .filter((candidate) => candidate[field].length > 0)
    .map(({ from }) => from)
    .join(', ');
}

function describeCommands(purpose: string, commands: readonly Command[], source: string): string {
  if (commands.length === 0)
    return source === '' ? `no ${purpose} commands` : `no ${purpose} commands (${source})`;
  const commandList = commands.map((command) => `\`${command.join(' ')}\``).join(', ');
  return `${purpose} ${commandList} (${source})`;
}

const stringRecordSchema = z.record(z.string(), z.string()).catch({});
const packageSchema = z.looseObject({
  scripts: stringRecordSchema.default({}),
  dependencies: stringRecordSchema.default({}),
  devDependencies: stringRecordSchema.default({}),
  packageManager: z.string().catch('').default(''),
});

function findNodeCommands({ paths, texts }: TreeFiles): ManifestCommands | undefined {
  const manifest = packageSchema.safeParse(parseJson(texts.get('package.json') ?? ''));
  if (!manifest.success) return undefined;
  const { scripts, dependencies, devDependencies, packageManager } = manifest.data;
  const testScript = scripts.test ?? '';
  const hasTests = testScript.trim() !== '' && !/no test specified/i.test(testScript);
  const manager = detectNodeManager(paths, packageManager);
  const needsSetup = Object.keys({ ...dependencies, ...devDependencies }).length > 0;
  return {
    setup: needsSetup || manager.hasLockfile ? [manager.install] : [],
    verify: hasTests ? [manager.test] : [],
    from: 'package.json',
  };
}

function detectNodeManager(
  paths: ReadonlySet<string>,
  declared: string,
): { readonly install: Command; readonly test: Command; readonly hasLockfile: boolean } {
  if (paths.has('pnpm-lock.yaml')) {
    return {
      install: ['pnpm', 'install', '--frozen-lockfile'],
      test: ['pnpm', 'test'],
      hasLockfile: true,
    };
  }
  if (paths.has('yarn.lock')) {
    const isModern = paths.has('.yarnrc.yml') || /^yarn@[2-9]/.test(declared);
    const frozenFlag = isModern ? '--immutable' : '--frozen-lockfile';
    return { install: ['yarn', 'install', frozenFlag], test: ['yarn', 'test'], hasLockfile: true };
  }
  if (paths.has('bun.lock') || paths.has('bun.lockb')) {
    const install = ['bun', 'install', '--frozen-lockfile'];
    return { install, test: ['bun', 'run', 'test'], hasLockfile: true };
  }
  if (paths.has('package-lock.json') || paths.has('npm-shrinkwrap.json')) {
    return { install: ['npm', 'ci'], test: ['npm', 'test'], hasLockfile: true };
  }
  // Without the flag, every task would commit the lockfile that the set-up command writes.
  const install = ['npm', 'install', '--no-package-lock'];
  return { install, test: ['npm', 'test'], hasLockfile: false };
}

function findGoCommands({ paths }: TreeFiles): ManifestCommands | undefined {
  if (!paths.has('go.mod')) return undefined;
  const setup = paths.has('go.sum') ? [['go', 'mod', 'download']] : [];
  return { setup, verify: [['go', 'test', './...']], from: 'go.mod' };
}

function findRustCommands({ paths }: TreeFiles): ManifestCommands | undefined {
  if (!paths.has('Cargo.toml')) return undefined;
  return { setup: [['cargo', 'fetch']], verify: [['cargo', 'test']], from: 'Cargo.toml' };
}

function findPythonCommands({ paths, texts }: TreeFiles): ManifestCommands | undefined {
  const names = ['pyproject.toml', 'requirements.txt', 'requirements-dev.txt', 'setup.py'];
  const manifests = [...names, 'setup.cfg', 'tox.ini', 'Pipfile'];
  const from = manifests.find((name) => paths.has(name));
  if (from === undefined) return undefined;

  const usesPytest =
    manifests.some((name) => texts.get(name)?.includes('pytest')) ||
    ['pytest.ini', 'conftest.py', 'tests/conftest.py'].some((name) => paths.has(name));
  const tool = detectPythonTool(paths);
  return { setup: tool.setup, verify: usesPytest ? [[...tool.run, 'pytest', '-q']] : [], from };
}

function detectPythonTool(paths: ReadonlySet<string>): {
  readonly setup: Command[];
  readonly run: Command;
} {
  if (paths.has('uv.lock')) return { setup: [['uv', 'sync']], run: ['uv', 'run'] };
  if (paths.has('poetry.lock')) {
    return { setup: [['poetry', 'install', '--no-interaction']], run: ['poetry', 'run'] };
  }
  const pip = ['python3', '-m', 'pip', 'install'];
  const requirementFiles = ['requirements.txt', 'requirements-dev.txt'];
  const setup = requirementFiles
    .filter((name) => paths.has(name))
    .map((name) => [...pip, '-r', name]);
  const isPackage = paths.has('pyproject.toml') || paths.has('setup.py');
  if (setup.length === 0 && isPackage) setup.push([...pip, '-e', '.']);
  return { setup, run: ['python3', '-m'] };
}

function findJvmCommands({ paths }: TreeFiles): ManifestCommands | undefined {
  if (paths.has('pom.xml')) {
    const maven = paths.has('mvnw') ? './mvnw' : 'mvn';
    return { setup: [], verify: [[maven, '-q', 'test']], from: 'pom.xml' };
  }
  const buildFile = ['build.gradle', 'build.gradle.kts'].find((name) => paths.has(name));
  if (buildFile === undefined) return undefined;
  const gradle = paths.has('gradlew') ? './gradlew' : 'gradle';
  return { setup: [], verify: [[gradle, 'test']], from: buildFile };
}

function findRubyCommands({ paths }: TreeFiles): ManifestCommands | undefined {
  if (!paths.has('Gemfile')) return undefined;
  const hasSpecs = paths.has('.rspec') || paths.has('spec/spec_helper.rb');
  const verify = hasSpecs ? [['bundle', 'exec', 'rspec']] : [];
  return { setup: [['bundle', 'install']], verify, from: 'Gemfile' };
}

const composerSchema = z.looseObject({
  scripts: z.record(z.string(), z.unknown()).catch({}).default({}),
});

function findPhpCommands({ paths, texts }: TreeFiles): ManifestCommands | undefined {
  if (!paths.has('composer.json')) return undefined;
  const manifest = composerSchema.safeParse(parseJson(texts.get('composer.json') ?? ''));
  const hasScript = manifest.success && Object.hasOwn(manifest.data.scripts, 'test');
  const hasPhpUnit = paths.has('phpunit.xml') || paths.has('phpunit.xml.dist');
  const phpUnit = hasPhpUnit ? [['vendor/bin/phpunit']] : [];
  return {
    setup: [['composer', 'install', '--no-interaction']],
    verify: hasScript ? [['composer', 'test']] : phpUnit,
    from: 'composer.json',
  };
}

function findElixirCommands({ paths }: TreeFiles): ManifestCommands | undefined {
  if (!paths.has('mix.exs')) return undefined;
  return { setup: [['mix', 'deps.get']], verify: [['mix', 'test']], from: 'mix.exs' };
}

function findDotnetCommands({ paths }: TreeFiles): ManifestCommands | undefined {
  const project = [...paths].find((path) => /^[^/]+\.(sln|csproj|fsproj)$/.test(path));
  if (project === undefined) return undefined;
  return { setup: [['dotnet', 'restore']], verify: [['dotnet', 'test']], from: project };
}

function findMakeCommands({ texts }: TreeFiles): ManifestCommands | undefined {
  const name = ['Makefile', 'makefile', 'GNUmakefile'].find((file) => texts.has(file));
  if (name === undefined || !/^test\s*:(?!=)/m.test(texts.get(name) ?? '')) return undefined;
  return { setup: [], verify: [['make', 'test']], from: name };
}

/** Lists the package managers that have a lockfile among the paths, sorted. */
export function listPackageManagers(paths: Iterable<string>): string[] {
  const managers = new Set<string>();
  for (const path of paths) {
    const name = getBaseName(path);
    if (Object.hasOwn(LOCKFILES, name)) managers.add(LOCKFILES[name] ?? '');
  }
  return [...managers].sort();
}
