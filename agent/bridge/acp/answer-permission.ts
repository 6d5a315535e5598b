import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, resolve, sep } from 'node:path';
import type {
  PermissionOption,
  RequestPermissionRequest,
  RequestPermissionResponse,
} from '@agentclientprotocol/sdk';

// What an agent may do without a person being asked: anything inside its workspace, nothing that names a path outside.

/** Inputs of tools that are paths, as agents call them. */
const PATH_FIELDS = new Set([
  'path',
  'paths',
  'file',
  'filePath',
  'file_path',
  'filename',
  'abs_path',
  'absolute_path',
  'notebook_path',
  'cwd',
  'dir',
  'directory',
  'dir_path',
  'workdir',
  'destination',
  'source',
]);

/** Answers a permission request: once, never "always", so that every call is looked at. */
export function answerPermission(
  request: RequestPermissionRequest,
  folders: readonly string[],
): RequestPermissionResponse {
  const outside = collectPaths(request).find((path) => !isInside(path, folders));
  const kinds: PermissionOption['kind'][] =
    outside === undefined ? ['allow_once', 'allow_always'] : ['reject_once', 'reject_always'];
  for (const kind of kinds) {
    const option = request.options.find((each) => each.kind === kind);
    if (option) return { outcome: { outcome: 'selected', optionId: option.optionId } };
  }
  return { outcome: { outcome: 'cancelled' } };
}

function collectPaths({ toolCall }: RequestPermissionRequest): string[] {
  const located = (toolCall.locations ?? []).map((location) => location.path);
  const input = toolCall.rawInput;
  if (typeof input !== 'object' || input === null) return located;
  const named = Object.entries(input)
    .filter(([name]) => PATH_FIELDS.has(name))
    .flatMap(([, value]): unknown[] => (Array.isArray(value) ? value : [value]));
  return [...located, ...named.filter((value): value is string => typeof value === 'string')];
}

/** Whether `path` (relative: to the first folder) lies in one of `folders`, links followed as far as it exists. */
export function isInside(path: string, folders: readonly string[]): boolean {
  const [base = '/'] = folders;
  const real = resolveRealPath(isAbsolute(path) ? resolve(path) : resolve(base, path));
  return folders.some((folder) => {
    const home = resolveRealPath(folder);
    return real === home || real.startsWith(home + sep);
  });
}

/** Of a path that may not exist yet: the part that does is resolved, links into nowhere included. */
function resolveRealPath(path: string, depth = 0): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    if (parent === path || depth > 40) return path;
    const target = readLinkTarget(path);
    if (target !== undefined) return resolveRealPath(resolve(parent, target), depth + 1);
    return resolve(resolveRealPath(parent, depth), basename(path));
  }
}

function readLinkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
