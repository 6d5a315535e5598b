import type { Forge, Sha } from '../port/forge.ts';
import { condenseManifest } from './condense-manifest.ts';
import type { Exploration, ReadText } from './exploration.ts';
import { findCommands, packageManagersOf } from './find-commands.ts';
import { outlineTree } from './outline.ts';
import { plainText } from './plain-text.ts';
import {
  MAX_REPOSITORY_FILE_BYTES,
  type ParsedRepositoryFile,
  parseRepositoryFile,
  REPOSITORY_FILE,
} from './repository-file.ts';
import { DEFAULT_SHARED_PATHS } from './shared-paths.ts';
import { baseName, isGenerated, LOCKFILES, languageOf, STACKS } from './stack.ts';

// Reads a repository through its forge: the tree, and the few files that say what it is. One call for the tree and one
// for each file: at most 1 + 1 + 12 + 6 + 1 = 21 calls and 1.2 MB, whatever the repository's size.

export type ExploreOptions = {
  /** Entries of the tree. */
  treeLimit: number;
  outlineChars: number;
  manifests: number;
  docs: number;
  /** Kept of each manifest, each document. */
  manifestChars: number;
  docChars: number;
};

const DEFAULTS: ExploreOptions = {
  treeLimit: 5_000,
  outlineChars: 24_000,
  manifests: 12,
  docs: 6,
  manifestChars: 3_000,
  docChars: 6_000,
};
const MAX_FILE_BYTES = 64_000;
const MAX_TEMPLATE_CHARS = 8_000;
const AT_ONCE = 6;

/** Not in the table of stacks, but worth reading. */
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
/** What may lie beyond the end of a cut-off listing. */
const ASKED_FOR_BLINDLY = [
  'package.json',
  'go.mod',
  'Cargo.toml',
  'pyproject.toml',
  'pom.xml',
  'Makefile',
];

export async function exploreRepository(
  forge: Pick<Forge, 'tree' | 'file'>,
  repo: { name: string; sha: Sha },
  options: Partial<ExploreOptions> = {},
): Promise<Exploration> {
  const limits = { ...DEFAULTS, ...options };
  const { entries, truncated } = await forge.tree(repo.name, repo.sha, limits.treeLimit);
  const files = entries.filter(({ type }) => type === 'file').map(({ path }) => path);
  const wanted = chooseFiles(files, truncated, limits);
  const reader = createReader(forge, repo);

  const config = await reader.readAll(wanted.config, MAX_REPOSITORY_FILE_BYTES + 1);
  const manifests = await reader.readAll(wanted.manifests, MAX_FILE_BYTES);
  const docs = await reader.readAll(wanted.docs, limits.docChars * 4);
  const [template] = await reader.readAll(wanted.template, MAX_TEMPLATE_CHARS * 2);

  const { file, problems } = readConfig(config[0], files);
  const paths = new Set([...files, ...manifests.map(({ path }) => path)]);
  const texts = new Map(manifests.map(({ path, text }) => [path, text]));
  return {
    repo: repo.name,
    sha: repo.sha,
    files: files.length,
    truncated,
    outline: outlineTree(entries, limits.outlineChars),
    ...describeStack(paths),
    manifests: manifests.map((manifest) => condenseManifest(manifest, limits.manifestChars)),
    docs: docs.map(({ path, text }) => ({ path, text: withoutComments(text, limits.docChars) })),
    file,
    problems,
    // With a broken file nothing is guessed: what it meant to say is not known.
    commands:
      problems.length === 0
        ? findCommands({ paths, texts }, file)
        : { setup: [], verify: [], found: `${REPOSITORY_FILE} cannot be used` },
    shared: [...new Set([...DEFAULT_SHARED_PATHS, ...(file?.shared ?? [])])],
    pullTemplate: template === undefined ? undefined : plainText(template.text, MAX_TEMPLATE_CHARS),
    forgeCalls: 1 + reader.calls(),
  };
}

type Wanted = { config: string[]; manifests: string[]; docs: string[]; template: string[] };

function chooseFiles(files: string[], truncated: boolean, limits: ExploreOptions): Wanted {
  const blind = truncated ? ASKED_FOR_BLINDLY.filter((path) => !files.includes(path)) : [];
  const manifests = files.filter(isReadableManifest).sort(byDepth);
  const docs = DOC_NAMES.map((name) => findPath(files, name)).filter((path) => path !== undefined);
  const template = TEMPLATE_PATHS.map((path) => findPath(files, path)).find(
    (path) => path !== undefined,
  );
  return {
    config: truncated || files.includes(REPOSITORY_FILE) ? [REPOSITORY_FILE] : [],
    manifests: [...blind, ...manifests].slice(0, limits.manifests),
    docs: docs.slice(0, limits.docs),
    template: template === undefined ? [] : [template],
  };
}

function isReadableManifest(path: string): boolean {
  return isManifest(path) && !Object.hasOwn(LOCKFILES, baseName(path));
}

function isManifest(path: string): boolean {
  const name = baseName(path);
  if (isGenerated(path)) return false;
  return OTHER_MANIFESTS.includes(name) || STACKS.some(({ manifests }) => manifests.includes(name));
}

/** Forges and people differ in case: `Readme.md`, `PULL_REQUEST_TEMPLATE.md`. */
function findPath(files: readonly string[], path: string): string | undefined {
  const lower = path.toLowerCase();
  return files.find((file) => file.toLowerCase() === lower);
}

function byDepth(a: string, b: string): number {
  return a.split('/').length - b.split('/').length || (a < b ? -1 : 1);
}

type Reader = {
  /** Those that exist and are text, in the order asked for. */
  readAll: (paths: readonly string[], maxBytes: number) => Promise<ReadText[]>;
  calls: () => number;
};

function createReader(forge: Pick<Forge, 'file'>, repo: { name: string; sha: Sha }): Reader {
  let calls = 0;

  async function read(path: string, maxBytes: number): Promise<ReadText[]> {
    calls += 1;
    const text = await forge.file(repo.name, repo.sha, path, maxBytes);
    return text === undefined ? [] : [{ path, text }];
  }

  async function readAll(paths: readonly string[], maxBytes: number): Promise<ReadText[]> {
    const found: ReadText[] = [];
    for (let start = 0; start < paths.length; start += AT_ONCE) {
      const group = paths.slice(start, start + AT_ONCE);
      const texts = await Promise.all(group.map((path) => read(path, maxBytes)));
      found.push(...texts.flat());
    }
    return found;
  }

  return { readAll, calls: () => calls };
}

function readConfig(config: ReadText | undefined, files: readonly string[]): ParsedRepositoryFile {
  const misnamed = files.find((path) => /^\.?smol-gang\.ya?ml$/.test(path));
  if (config === undefined && misnamed !== undefined) {
    const message = `its name has to be ${REPOSITORY_FILE}`;
    return { file: undefined, problems: [{ path: misnamed, message }] };
  }
  if (config === undefined) return { file: undefined, problems: [] };
  if (config.text.length > MAX_REPOSITORY_FILE_BYTES) {
    const message = `it is larger than ${MAX_REPOSITORY_FILE_BYTES} bytes`;
    return { file: undefined, problems: [{ path: config.path, message }] };
  }
  return parseRepositoryFile(config.text, config.path);
}

function describeStack(
  paths: ReadonlySet<string>,
): Pick<Exploration, 'languages' | 'packageManagers' | 'manifestPaths'> {
  const own = [...paths].filter((path) => !isGenerated(path));
  const counts = new Map<string, number>();
  for (const path of own) {
    const language = languageOf(path);
    if (language !== undefined) counts.set(language, (counts.get(language) ?? 0) + 1);
  }
  const languages = [...counts]
    .map(([name, files]) => ({ name, files }))
    .sort((a, b) => b.files - a.files || (a.name < b.name ? -1 : 1));
  const manifestPaths = own.filter(isManifest).sort(byDepth).slice(0, 200);
  return { languages, packageManagers: packageManagersOf(own), manifestPaths };
}

/** HTML comments are not for readers, and where instructions to models hide. */
function withoutComments(text: string, maxChars: number): string {
  return plainText(text.replace(/<!--[\s\S]*?(-->|$)/g, ''), maxChars);
}
