import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, resolve, sep } from 'node:path';
import type {
  PermissionOption,
  RequestPermissionRequest,
  RequestPermissionResponse,
} from '@agentclientprotocol/sdk';

// The permission policy for agents: a tool call is allowed if all of its paths lie inside the folders of the attempt.

/** Names of tool input fields that contain paths. */
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

/** Limit of symbolic links to follow in one path, so that a cycle of links ends. */
const MAX_LINK_DEPTH = 40;

/** Answers a permission request. Prefers the options for a single call, so that the agent asks again for the next call. */
export function answerPermission(
  request: RequestPermissionRequest,
  folders: readonly string[],
): RequestPermissionResponse {
  const isAllowed = collectPaths(request).every((path) => isInside(path, folders));
  const kinds: PermissionOption['kind'][] = isAllowed
    ? ['allow_once', 'allow_always']
    : ['reject_once', 'reject_always'];
  for (const kind of kinds) {
    const option = request.options.find((candidate) => candidate.kind === kind);
    if (option) return { outcome: { outcome: 'selected', optionId: option.optionId } };
  }
  return { outcome: { outcome: 'cancelled' } };
}

function collectPaths({ toolCall }: RequestPermissionRequest): string[] {
  const locations = (toolCall.locations ?? []).map((location) => location.path);
  const input = toolCall.rawInput;
  if (typeof input !== 'object' || input === null) return locations;
  const values = Object.entries(input)
    .filter(([name]) => PATH_FIELDS.has(name))
    .flatMap(([, value]): unknown[] => (Array.isArray(value) ? value : [value]));
  return [...locations, ...values.filter((value): value is string => typeof value === 'string')];
}

/** Returns whether a path lies inside one of the folders after links are resolved. A relative path starts at the first folder. */
export function isInside(path: string, folders: readonly string[]): boolean {
  const [base = '/'] = folders;
  const realPath = resolveRealPath(isAbsolute(path) ? resolve(path) : resolve(base, path));
  return folders.some((folder) => {
    const realFolder = resolveRealPath(folder);
    return realPath === realFolder || realPath.startsWith(realFolder + sep);
  });
}

/** Resolves all links of a path that may not exist, including links to missing targets. */
function resolveRealPath(path: string, depth = 0): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    if (parent === path || depth > MAX_LINK_DEPTH) return path;
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
