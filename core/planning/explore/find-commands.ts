import { z } from 'zod';
import type { RepositoryFile } from '../../contract/repository.ts';
import { getBaseName, LOCKFILES } from './stack.ts';

// Which set-up and verify commands a repository has. Its own file wins, field by field; else the manifests at its root
// say, and only what they really say: a guess that is red would block every task.

export type Command = string[];
export type FoundCommands = {
  readonly setup: Command[];
  readonly verify: Command[];
  /** Where each comes from, for people to confirm. */
  readonly found: string;
};

export type RootFiles = {
  /** All paths of the tree. */
  readonly paths: ReadonlySet<string>;
  /** Text of the files at the root that were read. */
  readonly texts: ReadonlyMap<string, string>;
};
type Finding = { readonly setup: Command[]; readonly verify: Command[]; readonly from: string };

export function findCommands(root: RootFiles, file: RepositoryFile | undefined): FoundCommands {
  const findings = findByManifests(root);
  const setup = file?.setup ?? findings.flatMap((finding) => finding.setup);
  const verify = file?.verify ?? findings.flatMap((finding) => finding.verify);
  const sources = {
    setup: file?.setup === undefined ? listSources(findings, 'setup') : '.smol-gang.yaml',
    verify: file?.verify === undefined ? listSources(findings, 'verify') : '.smol-gang.yaml',
  };
  const found = [
    explainCommands('set-up', setup, sources.setup),
    explainCommands('verify', verify, sources.verify),
  ].join('; ');
  return { setup, verify, found };
}

function findByManifests(root: RootFiles): Finding[] {
  const finders = [findNode, findGo, findRust, findPython, findJvm, findRuby, findPhp, findElixir];
  const findings = [...finders, findDotnet]
    .map((find) => find(root))
    .filter((finding) => finding !== undefined);
  if (findings.some(({ verify }) => verify.length > 0)) return findings;
  const make = findMake(root);
  return make === undefined ? findings : [...findings, make];
}

function listSources(findings: readonly Finding[], field: 'setup' | 'verify'): string {
  return findings
    .filter((finding) => finding[field].length > 0)
    .map(({ from }) => from)
    .join(', ');
}

function explainCommands(what: string, commands: readonly Command[], source: string): string {
  if (commands.length === 0) return source === '' ? `no ${what}` : `no ${what} (${source})`;
  const lines = commands.map((command) => `\`${command.join(' ')}\``).join(', ');
  return `${what} ${lines} (${source})`;
}

const stringRecordSchema = z.record(z.string(), z.string()).catch({});
const packageSchema = z.looseObject({
  scripts: stringRecordSchema.default({}),
  dependencies: stringRecordSchema.default({}),
  devDependencies: stringRecordSchema.default({}),
  packageManager: z.string().catch('').default(''),
});

function findNode({ paths, texts }: RootFiles): Finding | undefined {
  const manifest = packageSchema.safeParse(parseJson(texts.get('package.json')));
  if (!manifest.success) return undefined;
  const { scripts, dependencies, devDependencies, packageManager } = manifest.data;
  const test = scripts.test ?? '';
  const isReal = test.trim() !== '' && !/no test specified/i.test(test);
  const manager = detectNodeManager(paths, packageManager);
  const needsSetup = Object.keys({ ...dependencies, ...devDependencies }).length > 0;
  return {
    setup: needsSetup || manager.locked ? [manager.install] : [],
    verify: isReal ? [manager.test] : [],
    from: 'package.json',
  };
}

function detectNodeManager(
  paths: ReadonlySet<string>,
  declared: string,
): { readonly install: Command; readonly test: Command; readonly locked: boolean } {
  if (paths.has('pnpm-lock.yaml')) {
    return {
      install: ['pnpm', 'install', '--frozen-lockfile'],
      test: ['pnpm', 'test'],
      locked: true,
    };
  }
  if (paths.has('yarn.lock')) {
    const modern = paths.has('.yarnrc.yml') || /^yarn@[2-9]/.test(declared);
    const frozen = modern ? '--immutable' : '--frozen-lockfile';
    return { install: ['yarn', 'install', frozen], test: ['yarn', 'test'], locked: true };
  }
  if (paths.has('bun.lock') || paths.has('bun.lockb')) {
    const install = ['bun', 'install', '--frozen-lockfile'];
    return { install, test: ['bun', 'run', 'test'], locked: true };
  }
  if (paths.has('package-lock.json') || paths.has('npm-shrinkwrap.json')) {
    return { install: ['npm', 'ci'], test: ['npm', 'test'], locked: true };
  }
  // A lockfile that set-up writes would end up in every task's commit.
  const install = ['npm', 'install', '--no-package-lock'];
  return { install, test: ['npm', 'test'], locked: false };
}

function findGo({ paths }: RootFiles): Finding | undefined {
  if (!paths.has('go.mod')) return undefined;
  const setup = paths.has('go.sum') ? [['go', 'mod', 'download']] : [];
  return { setup, verify: [['go', 'test', './...']], from: 'go.mod' };
}

function findRust({ paths }: RootFiles): Finding | undefined {
  if (!paths.has('Cargo.toml')) return undefined;
  return { setup: [['cargo', 'fetch']], verify: [['cargo', 'test']], from: 'Cargo.toml' };
}

function findPython({ paths, texts }: RootFiles): Finding | undefined {
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
  const lists = ['requirements.txt', 'requirements-dev.txt'].filter((name) => paths.has(name));
  const setup = lists.map((name) => [...pip, '-r', name]);
  const isPackage = paths.has('pyproject.toml') || paths.has('setup.py');
  if (setup.length === 0 && isPackage) setup.push([...pip, '-e', '.']);
  return { setup, run: ['python3', '-m'] };
}

function findJvm({ paths }: RootFiles): Finding | undefined {
  if (paths.has('pom.xml')) {
    const maven = paths.has('mvnw') ? './mvnw' : 'mvn';
    return { setup: [], verify: [[maven, '-q', 'test']], from: 'pom.xml' };
  }
  const build = ['build.gradle', 'build.gradle.kts'].find((name) => paths.has(name));
  if (build === undefined) return undefined;
  const gradle = paths.has('gradlew') ? './gradlew' : 'gradle';
  return { setup: [], verify: [[gradle, 'test']], from: build };
}

function findRuby({ paths }: RootFiles): Finding | undefined {
  if (!paths.has('Gemfile')) return undefined;
  const hasSpecs = paths.has('.rspec') || paths.has('spec/spec_helper.rb');
  const verify = hasSpecs ? [['bundle', 'exec', 'rspec']] : [];
  return { setup: [['bundle', 'install']], verify, from: 'Gemfile' };
}

const composerSchema = z.looseObject({
  scripts: z.record(z.string(), z.unknown()).catch({}).default({}),
});

function findPhp({ paths, texts }: RootFiles): Finding | undefined {
  if (!paths.has('composer.json')) return undefined;
  const manifest = composerSchema.safeParse(parseJson(texts.get('composer.json')));
  const hasScript = manifest.success && Object.hasOwn(manifest.data.scripts, 'test');
  const hasUnit = paths.has('phpunit.xml') || paths.has('phpunit.xml.dist');
  const unit = hasUnit ? [['vendor/bin/phpunit']] : [];
  return {
    setup: [['composer', 'install', '--no-interaction']],
    verify: hasScript ? [['composer', 'test']] : unit,
    from: 'composer.json',
  };
}

function findElixir({ paths }: RootFiles): Finding | undefined {
  if (!paths.has('mix.exs')) return undefined;
  return { setup: [['mix', 'deps.get']], verify: [['mix', 'test']], from: 'mix.exs' };
}

function findDotnet({ paths }: RootFiles): Finding | undefined {
  const project = [...paths].find((path) => /^[^/]+\.(sln|csproj|fsproj)$/.test(path));
  if (project === undefined) return undefined;
  return { setup: [['dotnet', 'restore']], verify: [['dotnet', 'test']], from: project };
}

function findMake({ texts }: RootFiles): Finding | undefined {
  const name = ['Makefile', 'makefile', 'GNUmakefile'].find((file) => texts.has(file));
  if (name === undefined || !/^test\s*:(?!=)/m.test(texts.get(name) ?? '')) return undefined;
  return { setup: [], verify: [['make', 'test']], from: name };
}

/** Which managers the lockfiles of a tree name, sorted. */
export function listPackageManagers(paths: Iterable<string>): string[] {
  const managers = new Set<string>();
  for (const path of paths) {
    const name = getBaseName(path);
    if (Object.hasOwn(LOCKFILES, name)) managers.add(LOCKFILES[name] ?? '');
  }
  return [...managers].sort();
}

function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
