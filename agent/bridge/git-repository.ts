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
const ATTRIBUTES =
  '* -text -eol -filter -ident -working-tree-encoding !diff !merge !conflict-marker-size !whitespace\n';

/** Never meant to be committed, even where a repository forgets to ignore it. */
const EXCLUDES = [
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
export const PROMISOR = 'forge';

/**
 * A git dir for the bridge, made without running anything. `alternates`: object stores to borrow from; `promisor`: the
 * address of the forge that has the contents of files, of which only those that are needed are fetched.
 */
export async function writeBridgeRepository(
  gitDir: string,
  alternates: string[],
  promisor?: string,
): Promise<void> {
  const config = BRIDGE_CONFIG + formatConfig(promisor !== undefined);
  const address = promisor === undefined ? '' : `\turl = ${quote(promisor)}\n`;
  await writeRepository(gitDir, config + address, alternates);
  await mkdir(join(gitDir, 'info'), { recursive: true });
  await writeFile(join(gitDir, 'info/attributes'), ATTRIBUTES);
  await writeFile(join(gitDir, 'info/exclude'), `${EXCLUDES.join('\n')}\n`);
}

/** An ordinary repository for those who work in a checkout (agent, set-up, tests). The bridge never reads it. */
export async function writeCheckoutRepository(
  gitDir: string,
  options: {
    commit: string;
    objects: string;
    author: { name: string; email: string };
    /** Contents of older commits are missing: git is told, so that it does not take that for damage. */
    partial: boolean;
  },
): Promise<void> {
  const { name, email } = options.author;
  const config = `[core]\n\tbare = false\n[user]\n\tname = ${quote(name)}\n\temail = ${quote(email)}\n`;
  await writeRepository(gitDir, config + formatConfig(options.partial), [options.objects]);
  await writeFile(join(gitDir, 'refs/heads/work'), `${options.commit}\n`);
}

/** What is to come after it belongs to the promisor. */
function formatConfig(partial: boolean): string {
  if (!partial) return '[core]\n\trepositoryformatversion = 0\n';
  return `[core]
	repositoryformatversion = 1
[extensions]
	partialClone = ${PROMISOR}
[remote "${PROMISOR}"]
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

function quote(value: string): string {
  return `"${value.replace(/[\\"]/g, '\\$&').replace(/[\n\r\0]/g, ' ')}"`;
}
