import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../core/base/app-error.ts';
import type { Hosting } from '../../core/port/hosting.ts';

const linkedSchema = z.object({ name: z.string(), defaultBranch: z.string() });
const problemSchema = z.object({ message: z.string() });
const TIMEOUT_MS = 10_000;

/** The laptop's own forge. The name tells the folder, and a hash of the path keeps two folders of one name apart. */
export function createLocalHosting(options: {
  readonly url: string;
  readonly token: string;
}): Hosting {
  async function call(method: string, path: string, body?: unknown): Promise<Response> {
    try {
      return await fetch(`${options.url}/_forge/repositories${path}`, {
        method,
        headers: { authorization: `Bearer ${options.token}`, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (cause) {
      throw new AppError('transient', 'forge_unreachable', 'the local forge does not answer', {
        cause,
      });
    }
  }
  return {
    link: async (path) => {
      const name = deriveName(path);
      const response = await call('POST', '', { name, path });
      if (!response.ok) throw createRefusalError(path, await response.text());
      const linked = linkedSchema.parse(await response.json());
      const url = `${options.url}/${linked.name}`;
      return {
        name: linked.name,
        defaultBranch: linked.defaultBranch,
        url,
        cloneUrl: `${url}.git`,
      };
    },
    unlink: async (name) => {
      const response = await call('DELETE', `/${name}`);
      if (!response.ok && response.status !== 404)
        throw createRefusalError(name, await response.text());
    },
  };
}

export function createNoHosting(): Hosting {
  const refuse = () =>
    Promise.reject(
      new AppError(
        'invalid',
        'no_local_forge',
        'repositories by path exist only on the laptop platform; link a GitHub repository by its name',
      ),
    );
  return { link: refuse, unlink: refuse };
}

function deriveName(path: string): string {
  const folder =
    basename(path.replace(/\/\.git\/?$/, ''))
      .replace(/\.git$/, '')
      .replace(/[^\w.-]/g, '-') || 'repository';
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 6);
  return `local/${folder}-${hash}`;
}

function createRefusalError(what: string, text: string): AppError {
  let message = text.slice(0, 300);
  try {
    message = problemSchema.parse(JSON.parse(text)).message;
  } catch {
    // Not in the forge's own words: the text itself has to do.
  }
  return new AppError('invalid', 'repository_not_usable', `${what} cannot be linked: ${message}`);
}
