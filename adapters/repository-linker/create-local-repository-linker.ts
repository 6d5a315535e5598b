import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../core/base/app-error.ts';
import { parseJson } from '../../core/base/parse-json.ts';
import type { RepositoryLinker } from '../../core/port/repository-linker.ts';

const linkResponseSchema = z.object({ name: z.string(), defaultBranch: z.string() });
const errorResponseSchema = z.object({ message: z.string() });
const TIMEOUT_MS = 10_000;

/** Creates a RepositoryLinker for the local forge at `url`. */
export function createLocalRepositoryLinker(options: {
  readonly url: string;
  readonly token: string;
}): RepositoryLinker {
  async function sendRequest(method: string, path: string, body?: unknown): Promise<Response> {
    try {
      return await fetch(`${options.url}/_forge/repositories${path}`, {
        method,
        headers: { authorization: `Bearer ${options.token}`, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (cause) {
      throw new AppError(
        'transient',
        'forge_unreachable',
        'the local forge does not respond; check that smol-gang is running',
        {
          cause,
        },
      );
    }
  }
  return {
    link: async (path) => {
      const name = deriveRepositoryName(path);
      const response = await sendRequest('POST', '', { name, path });
      if (!response.ok) throw createRefusalError(`${path} cannot be linked`, await response.text());
      const linkedRepository = linkResponseSchema.parse(await response.json());
      const url = `${options.url}/${linkedRepository.name}`;
      return {
        name: linkedRepository.name,
        defaultBranch: linkedRepository.defaultBranch,
        url,
        cloneUrl: `${url}.git`,
      };
    },
    unlink: async (name) => {
      const response = await sendRequest('DELETE', `/${name}`);
      if (!response.ok && response.status !== 404)
        throw createRefusalError(`${name} cannot be unlinked`, await response.text());
    },
  };
}

/** Creates the RepositoryLinker of an installation without a local forge; all methods reject. */
export function createRejectingRepositoryLinker(): RepositoryLinker {
  const refuse = () =>
    Promise.reject(
      new AppError(
        'invalid',
        'no_local_forge',
        'only a laptop installation can link a repository by its path; link a GitHub repository by its name (owner/name)',
      ),
    );
  return { link: refuse, unlink: refuse };
}

const MAX_FOLDER_CHARS = 60;

/** Derives a repository name from the folder name and a hash of the path, because several folders may have the same name. */
export function deriveRepositoryName(path: string): string {
  const folder =
    basename(path.replace(/\/\.git\/?$/, ''))
      .replace(/\.git$/, '')
      .replace(/[^\w.-]/g, '-')
      // The forge accepts no name that begins with a dot.
      .replace(/^\.+/, '')
      .slice(0, MAX_FOLDER_CHARS) || 'repository';
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 6);
  return `local/${folder}-${hash}`;
}

function createRefusalError(summary: string, body: string): AppError {
  const problem = errorResponseSchema.safeParse(parseJson(body));
  const reason = problem.success ? problem.data.message : body.slice(0, 300);
  return new AppError('invalid', 'repository_not_usable', `${summary}: ${reason}`);
}
