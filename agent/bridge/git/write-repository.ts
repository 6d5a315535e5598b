import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// Writes git directories without `git init`, because `git init` would copy templates of the machine.

const BRIDGE_CONFIG = `[core]
	bare = false
	filemode = true
	symlinks = true
	logAllRefUpdates = false
	hooksPath = /dev/null
	fsmonitor = false
	untrackedCache = false
	attributesFile = /dev/null
	excludesFile = /dev/null
	autocrlf = false
	eol = lf
	safecrlf = false
	quotePath = false
	pager = cat
[gc]
	auto = 0
[maintenance]
	auto = false
[protocol]
	version = 2
	allow = never
[protocol "http"]
	allow = always
[protocol "https"]
	allow = always
[http]
	followRedirects = false
[credential]
	helper =
[submodule]
	recurse = false
[fetch]
	recurseSubmodules = false
[push]
	recurseSubmodules = no
	gpgSign = false
[diff]
	ignoreSubmodules = all
[commit]
	gpgSign = false
[merge]
	conflictStyle = merge
`;

/**
 * Overrides every .gitattributes file, so that git runs no program, expands nothing and uses only the built-in merge. Line ends (`text`
 * and `eol`) stay under the control of the repository, as in the checkout of a person.
 */
const BRIDGE_ATTRIBUTES =
  '* -filter -ident -working-tree-encoding !diff !merge !conflict-marker-size !whitespace\n';

/** Untracked paths that are never committed, even if no .gitignore file of the repository lists them. */
const BRIDGE_EXCLUDES = [
  'node_modules/',
  '__pycache__/',
  '*.pyc',
  '.pytest_cache/',
  '.mypy_cache/',
  '.venv/',
  '.DS_Store',
  '.smol-agent/',
];

/** Remote of a partial repository, from which git fetches missing contents on demand. */
export const PROMISOR_REMOTE = 'forge';

/**
 * Writes the git directory of the bridge or of a mirror.
 *
 * @param alternates other object directories from which git may read objects
 * @param promisorUrl clone URL from which missing contents are fetched; undefined: the repository is complete
 */
export async function writeBridgeRepository(
  gitDir: string,
  alternates: string[],
  promisorUrl?: string,
): Promise<void> {
  await writeBridgeSettings(gitDir, alternates, promisorUrl);
  await writeFile(join(gitDir, 'info/exclude'), `${BRIDGE_EXCLUDES.join('\n')}\n`);
}

/** Writes everything in the git directory of the bridge that changes the behaviour of git, except the excluded paths. */
export async function writeBridgeSettings(
  gitDir: string,
  alternates: string[],
  promisorUrl?: string,
): Promise<void> {
  const config = BRIDGE_CONFIG + formatPromisorConfig(promisorUrl !== undefined);
  const url = promisorUrl === undefined ? '' : `\turl = ${quoteConfigValue(promisorUrl)}\n`;
  // A write follows a link, so links that the agent created are removed first.
  for (const name of [
    'config',
    'HEAD',
    'info/attributes',
    'info/grafts',
    'objects/info/alternates',
  ])
    await rm(join(gitDir, name), { force: true });
  await writeRepository(gitDir, config + url, alternates);
  await mkdir(join(gitDir, 'info'), { recursive: true });
  await writeFile(join(gitDir, 'info/attributes'), BRIDGE_ATTRIBUTES);
}

/**
 * Writes an ordinary repository into a checkout, for git commands of the agent, set-up and verify. The bridge never reads this
 * repository.
 */
export async function writeCheckoutRepository(
  gitDir: string,
  options: {
    readonly commit: string;
    /** Object directory of the bridge. */
    readonly objects: string;
    readonly author: { readonly name: string; readonly email: string };
    /** Whether contents of old commits may be missing. Without this setting, git reports a damaged repository. */
    readonly isPartial: boolean;
  },
): Promise<void> {
  const { name, email } = options.author;
  const config = `[core]\n\tbare = false\n[user]\n\tname = ${quoteConfigValue(name)}\n\temail = ${quoteConfigValue(email)}\n`;
  await writeRepository(gitDir, config + formatPromisorConfig(options.isPartial), [
    options.objects,
  ]);
  await writeFile(join(gitDir, 'refs/heads/work'), `${options.commit}\n`);
}

/** Renders the configuration of a promisor remote. The text ends inside the section of the remote, so a caller can append `url`. */
function formatPromisorConfig(isPartial: boolean): string {
  if (!isPartial) return '[core]\n\trepositoryformatversion = 0\n';
  return `[core]
	repositoryformatversion = 1
[extensions]
	partialClone = ${PROMISOR_REMOTE}
[remote "${PROMISOR_REMOTE}"]
	promisor = true
	partialclonefilter = blob:none
`;
}

async function writeRepository(gitDir: string, config: string, alternates: string[]) {
  await mkdir(join(gitDir, 'objects/info'), { recursive: true });
  await mkdir(join(gitDir, 'objects/pack'), { recursive: true });
  await mkdir(join(gitDir, 'refs/heads'), { recursive: true });
  await writeFile(join(gitDir, 'HEAD'), 'ref: refs/heads/work\n');
  await writeFile(join(gitDir, 'config'), config);
  if (alternates.length === 0) return;
  await writeFile(join(gitDir, 'objects/info/alternates'), `${alternates.join('\n')}\n`);
}

function quoteConfigValue(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/[\n\r\0]/g, ' ')}"`;
}
