import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// Git dirs, made by hand: nothing is run, no template is copied.

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

/** Overrides every .gitattributes: bytes go in and out as they are, and merges are git's own. */
const BRIDGE_ATTRIBUTES =
  '* -text -eol -filter -ident -working-tree-encoding !diff !merge !conflict-marker-size !whitespace\n';

/** Never meant to be committed, even where a repository forgets to ignore it. */
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

/** The forge of a partial repository: what is missing is fetched from there when it is needed. */
export const PROMISOR_REMOTE = 'forge';

/**
 * A git dir for the bridge, made without running anything. `alternates`: object stores to borrow from; `promisor`: the
 * address of the forge that has the contents of files, of which only those that are needed are fetched.
 */
export async function writeBridgeRepository(
  gitDir: string,
  alternates: string[],
  promisor?: string,
): Promise<void> {
  const config = BRIDGE_CONFIG + formatPromisorConfig(promisor !== undefined);
  const address = promisor === undefined ? '' : `\turl = ${quoteConfigValue(promisor)}\n`;
  await writeRepository(gitDir, config + address, alternates);
  await mkdir(join(gitDir, 'info'), { recursive: true });
  await writeFile(join(gitDir, 'info/attributes'), BRIDGE_ATTRIBUTES);
  await writeFile(join(gitDir, 'info/exclude'), `${BRIDGE_EXCLUDES.join('\n')}\n`);
}

/** An ordinary repository for those who work in a checkout (agent, set-up, tests). The bridge never reads it. */
export async function writeCheckoutRepository(
  gitDir: string,
  options: {
    readonly commitChanges: string;
    readonly objects: string;
    readonly author: { readonly name: string; readonly email: string };
    /** Contents of older commits are missing: git is told, so that it does not take that for damage. */
    readonly partial: boolean;
  },
): Promise<void> {
  const { name, email } = options.author;
  const config = `[core]\n\tbare = false\n[user]\n\tname = ${quoteConfigValue(name)}\n\temail = ${quoteConfigValue(email)}\n`;
  await writeRepository(gitDir, config + formatPromisorConfig(options.partial), [options.objects]);
  await writeFile(join(gitDir, 'refs/heads/work'), `${options.commitChanges}\n`);
}

/** What is to come after it belongs to the promisor. */
function formatPromisorConfig(partial: boolean): string {
  if (!partial) return '[core]\n\trepositoryformatversion = 0\n';
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
