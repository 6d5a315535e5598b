import { toPlainText } from '../../base/safe-text.ts';
import type { Forge, Sha, TreeEntry } from '../../port/forge.ts';
import { condenseManifest } from './condense-manifest.ts';
import type { Exploration, ReadText } from './exploration.ts';
import { findCommands, listPackageManagers } from './find-commands.ts';
import { outlineTree } from './outline.ts';
import type { ParsedRepositoryFile } from './parse-repository-file.ts';
import {
  MAX_REPOSITORY_FILE_BYTES,
  parseRepositoryFile,
  REPOSITORY_FILE,
} from './parse-repository-file.ts';
import {
  findLanguage,
  getBaseName,
  isGeneratedOrVendoredPath,
  LOCKFILES,
  STACKS,
} from './stack.ts';

// Reads the tree and a few important files of a repository through the forge. Each read is a call: at most 1 for the tree, 1 for
// the configuration, 12 for manifests, 6 for documents and 1 for the template; 21 calls and 1.2 MB in total.

/** Bounds of an exploration. */
export type ExploreOptions = {
  /** Number of tree entries to list. */
  readonly maxTreeEntries: number;
  readonly outlineChars: number;
  /** Number of manifests to read. */
  readonly maxManifests: number;
  /** Number of documents to read. */
  readonly maxDocs: number;
  /** Characters to keep of a manifest. */
  readonly manifestChars: number;
  /** Characters to keep of a document. */
  readonly docChars: number;
};

const DEFAULT_OPTIONS: ExploreOptions = {
  maxTreeEntries: 5_000,
  outlineChars: 24_000,
  maxManifests: 12,
  maxDocs: 6,
  manifestChars: 3_000,
  docChars: 6_000,
};
const MAX_FILE_BYTES = 64_000;
const MAX_TEMPLATE_CHARS = 8_000;
const MAX_PARALLEL_READS = 6;
const MAX_SUBMODULES = 20;

/** Manifests that belong to no stack in `STACKS`. */
const OTHER_MANIFESTS = [
  'Makefile',
  'makefile',
  'GNUmakefile',
  'tox.ini',
  'docker-compose.yml',
  'compose.yaml',
  'Dockerfile',
  'deno.json',
];
const DOC_NAMES = [
  'AGENTS.md',
  'README.md',
  'README.rst',
  'README.txt',
  'README',
  'CONTRIBUTING.md',
  'CLAUDE.md',
  'ARCHITECTURE.md',
  'docs/README.md',
  'docs/index.md',
  'docs/architecture.md',
];
const TEMPLATE_PATHS = [
  '.github/pull_request_template.md',
  'pull_request_template.md',
  'docs/pull_request_template.md',
];
/** Paths that many tasks change as a side effect, such as lockfiles. Overlaps in these paths do not order tasks. */
const DEFAULT_SHARED_PATHS: readonly string[] = [
  '**/package-lock.json',
  '**/npm-shrinkwrap.json',
  '**/yarn.lock',
  '**/pnpm-lock.yaml',
  '**/bun.lock',
  '**/bun.lockb',
  '**/go.sum',
  '**/Cargo.lock',
  '**/poetry.lock',
  '**/uv.lock',
  '**/Pipfile.lock',
  '**/Gemfile.lock',
  '**/composer.lock',
  '**/mix.lock',
  '**/pubspec.lock',
  '**/CHANGELOG*',
  '**/CHANGES.md',
  '**/HISTORY.md',
];

/** Files to read even if a truncated listing does not contain them. */
const UNLISTED_PATHS = [
  'package.json',
  'go.mod',
  'Cargo.toml',
  'pyproject.toml',
  'pom.xml',
  'Makefile',
];

/** Explores a repository at a commit; throws errors of the forge unchanged. */
export async function exploreRepository(
  forge: Pick<Forge, 'readTree' | 'readFile'>,
  repo: { readonly name: string; readonly sha: Sha },
  options: Partial<ExploreOptions> = {},
): Promise<Exploration> {
  const limits = { ...DEFAULT_OPTIONS, ...options };
  const { entries, truncated } = await forge.readTree(repo.name, repo.sha, limits.maxTreeEntries);
  const files = entries.filter(({ type }) => type === 'file').map(({ path }) => path);
  const chosen = chooseFiles(files, truncated, limits);
  const reader = createRepositoryReader(forge, repo);

  const [configFile] = await reader.readAll(chosen.config, MAX_REPOSITORY_FILE_BYTES + 1);
  const manifests = await reader.readAll(chosen.manifests, MAX_FILE_BYTES);
  const docs = await reader.readAll(chosen.docs, limits.docChars * 4);
  const [template] = await reader.readAll(chosen.template, MAX_TEMPLATE_CHARS * 2);

  const { config, problems } = readConfig(configFile, files);
  const paths = new Set([...files, ...manifests.map(({ path }) => path)]);
  const texts = new Map(manifests.map(({ path, text }) => [path, text]));
  return {
    repo: repo.name,
    sha: repo.sha,
    fileCount: files.length,
    truncated,
    ...listSubmodules(entries),
    outline: outlineTree(entries, limits.outlineChars),
    ...describeStack(paths),
    manifests: manifests.map((manifest) => condenseManifest(manifest, limits.manifestChars)),
    docs: docs.map(({ path, text }) => ({ path, text: removeComments(text, limits.docChars) })),
    config,
    problems,
    // With an invalid configuration file, no commands are derived from the manifests, because the file may define other commands.
    commands:
      problems.length === 0
        ? findCommands({ paths, texts }, config)
        : {
            setup: [],
            verify: [],
            description: `unknown, because ${REPOSITORY_FILE} has problems`,
          },
    shared: [...new Set([...DEFAULT_SHARED_PATHS, ...(config?.shared ?? [])])],
    pullTemplate:
      template === undefined ? undefined : toPlainText(template.text, MAX_TEMPLATE_CHARS),
    forgeCalls: 1 + reader.countCalls(),
  };
}

function listSubmodules(entries: readonly TreeEntry[]): Pick<Exploration, 'submodules'> {
  const submodules = entries.filter(({ type }) => type === 'submodule').map(({ path }) => path);
  return submodules.length === 0 ? {} : { submodules: submodules.slice(0, MAX_SUBMODULES) };
}

type ChosenFiles = {
  readonly config: string[];
  readonly manifests: string[];
  readonly docs: string[];
  readonly template: string[];
};

function chooseFiles(files: string[], truncated: boolean, limits: ExploreOptions): ChosenFiles {
  const unlisted = truncated ? UNLISTED_PATHS.filter((path) => !files.includes(path)) : [];
  const manifests = files.filter(isReadableManifest).sort(compareByDepth);
  const docs = DOC_NAMES.map((name) => findPath(files, name)).filter((path) => path !== undefined);
  const template = TEMPLATE_PATHS.map((path) => findPath(files, path)).find(
    (path) => path !== undefined,
  );
  return {
    config: truncated || files.includes(REPOSITORY_FILE) ? [REPOSITORY_FILE] : [],
    manifests: [...unlisted, ...manifests].slice(0, limits.maxManifests),
    docs: docs.slice(0, limits.maxDocs),
    template: template === undefined ? [] : [template],
  };
}

function isReadableManifest(path: string): boolean {
  return isManifest(path) && !Object.hasOwn(LOCKFILES, getBaseName(path));
}

function isManifest(path: string): boolean {
  const name = getBaseName(path);
  if (isGeneratedOrVendoredPath(path)) return false;
  return OTHER_MANIFESTS.includes(name) || STACKS.some(({ manifests }) => manifests.includes(name));
}

/** Finds a path in any letter case, such as `Readme.md` or `PULL_REQUEST_TEMPLATE.md`. */
function findPath(files: readonly string[], path: string): string | undefined {
  const lowerCasePath = path.toLowerCase();
  return files.find((file) => file.toLowerCase() === lowerCasePath);
}

function compareByDepth(a: string, b: string): number {
  return a.split('/').length - b.split('/').length || (a < b ? -1 : 1);
}

type RepositoryReader = {
  /** Returns the existing text files in the given order. */
  readonly readAll: (paths: readonly string[], maxBytes: number) => Promise<ReadText[]>;
  readonly countCalls: () => number;
};

function createRepositoryReader(
  forge: Pick<Forge, 'readFile'>,
  repo: { readonly name: string; readonly sha: Sha },
): RepositoryReader {
  let calls = 0;

  async function read(path: string, maxBytes: number): Promise<ReadText[]> {
    calls += 1;
    const text = await forge.readFile(repo.name, repo.sha, path, maxBytes);
    return text === undefined ? [] : [{ path, text }];
  }

  async function readAll(paths: readonly string[], maxBytes: number): Promise<ReadText[]> {
    const files: ReadText[] = [];
    for (let start = 0; start < paths.length; start += MAX_PARALLEL_READS) {
      const group = paths.slice(start, start + MAX_PARALLEL_READS);
      const texts = await Promise.all(group.map((path) => read(path, maxBytes)));
      files.push(...texts.flat());
    }
    return files;
  }

  return { readAll, countCalls: () => calls };
}

function readConfig(
  configFile: ReadText | undefined,
  files: readonly string[],
): ParsedRepositoryFile {
  const misnamed = files.find((path) => /^\.?smol-gang\.ya?ml$/.test(path));
  if (configFile === undefined && misnamed !== undefined) {
    const message = `the file must be named ${REPOSITORY_FILE}; rename it`;
    return { config: undefined, problems: [{ path: misnamed, message }] };
  }
  if (configFile === undefined) return { config: undefined, problems: [] };
  if (configFile.text.length > MAX_REPOSITORY_FILE_BYTES) {
    const message = `the file is larger than ${MAX_REPOSITORY_FILE_BYTES} bytes; shorten it`;
    return { config: undefined, problems: [{ path: configFile.path, message }] };
  }
  return parseRepositoryFile(configFile.text, configFile.path);
}

function describeStack(
  paths: ReadonlySet<string>,
): Pick<Exploration, 'languages' | 'packageManagers' | 'manifestPaths'> {
  const ownPaths = [...paths].filter((path) => !isGeneratedOrVendoredPath(path));
  const counts = new Map<string, number>();
  for (const path of ownPaths) {
    const language = findLanguage(path);
    if (language !== undefined) counts.set(language, (counts.get(language) ?? 0) + 1);
  }
  const languages = [...counts]
    .map(([name, fileCount]) => ({ name, fileCount }))
    .sort((a, b) => b.fileCount - a.fileCount || (a.name < b.name ? -1 : 1));
  const manifestPaths = ownPaths.filter(isManifest).sort(compareByDepth).slice(0, 200);
  return { languages, packageManagers: listPackageManagers(ownPaths), manifestPaths };
}

/** Removes HTML comments, because they can hide instructions to the model from human readers. */
function removeComments(text: string, maxChars: number): string {
  return toPlainText(text.replace(/<!--[\s\S]*?(-->|$)/g, ''), maxChars);
}
