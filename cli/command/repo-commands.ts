import { resolve } from 'node:path';
import { API } from '../../core/contract/api.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { Client } from '../client/client.ts';
import { readAllPages } from '../client/client.ts';
import { defineCommand } from '../define-command.ts';
import { findTopLevel } from '../local-repository.ts';
import { styleSpan } from '../render/layout/line.ts';
import { confirmAction, YES_OPTION } from './confirm-action.ts';

export const repoLinkCommand = defineCommand({
  name: 'repo link',
  summary: 'link a local repository or a repository on GitHub, for use in plans',
  usage: '[PATH | --github OWNER/NAME]',
  argumentCount: { min: 0, max: 1 },
  options: { github: { type: 'string', value: 'OWNER/NAME', help: 'a repository on GitHub' } },
  async run({ terminal, client, host }, [folder], values) {
    const body =
      values.github === undefined
        ? { path: await findTopLevel(resolve(host.cwd, folder ?? '.'), host.env) }
        : { name: values.github };
    const api = await client();
    const repository = await api.call(API.linkRepository, { body });
    if (terminal.isJson) terminal.printJson(repository);
    else {
      const text = `linked ${repository.name} (${repository.id}), default branch ${repository.defaultBranch}`;
      terminal.printLines([[styleSpan('good', '✓ '), text]]);
    }
    return EXIT.done;
  },
});

export const repoListCommand = defineCommand({
  name: 'repo list',
  summary: 'list the linked repositories',
  usage: '',
  argumentCount: { min: 0, max: 0 },
  options: {},
  async run({ terminal, client }) {
    const items = await listRepositories(await client());
    if (terminal.isJson) terminal.printJson({ items });
    else if (items.length === 0) {
      terminal.printLines([
        [
          'No repository is linked. Link the repository in this folder with  ',
          styleSpan('bold', 'smol-gang repo link .'),
        ],
      ]);
    } else {
      const rows = items.map((repository) => [
        styleSpan('dim', repository.id),
        repository.name,
        repository.defaultBranch,
        styleSpan('dim', repository.forge),
        styleSpan('dim', repository.path ?? repository.url),
      ]);
      const columns = ['id', 'name', 'branch', 'forge', 'place'].map((header) => ({
        header,
        shrinks: header === 'place',
      }));
      terminal.printTable(columns, rows);
    }
    return EXIT.done;
  },
});

export const repoUnlinkCommand = defineCommand({
  name: 'repo unlink',
  summary: 'unlink a repository; its files and branches stay unchanged',
  usage: 'ID | OWNER/NAME [--yes]',
  argumentCount: { min: 1, max: 1 },
  options: YES_OPTION,
  async run({ terminal, client }, [argument = ''], values) {
    await confirmAction(
      { terminal },
      values,
      `Unlink repository ${argument}? Its files and branches stay unchanged.`,
    );
    const api = await client();
    const id = argument.includes('/') ? await findRepositoryId(api, argument) : argument;
    await api.send(API.unlinkRepository, { params: { repository: id } });
    if (terminal.isJson) terminal.printJson({ unlinked: id });
    else terminal.printLines([[`Repository ${argument} is unlinked.`]]);
    return EXIT.done;
  },
});

function listRepositories(client: Client) {
  return readAllPages((cursor) =>
    client.call(API.listRepositories, { query: { limit: 200, cursor } }),
  );
}

async function findRepositoryId(client: Client, name: string): Promise<string> {
  const repositories = await listRepositories(client);
  const repository = repositories.find((candidate) => candidate.name === name);
  if (repository !== undefined) return repository.id;
  throw new CliError(EXIT.notFound, 'not_found', `repository ${name} is not linked`, {
    advice: '`smol-gang repo list` lists the linked repositories',
  });
}
