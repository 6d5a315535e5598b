import { resolve } from 'node:path';
import { API } from '../../core/contract/api.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { Client } from '../client.ts';
import { readAll } from '../client.ts';
import { defineCommand } from '../command.ts';
import { findTopLevel } from '../git.ts';
import { styled } from '../render/line.ts';
import { renderTable } from '../render/table.ts';

export const repoLink = defineCommand({
  name: 'repo link',
  summary: 'make a repository known: a local folder, or one on GitHub',
  usage: '[PATH | --github OWNER/NAME]',
  words: { min: 0, max: 1 },
  options: { github: { type: 'string', value: 'OWNER/NAME', help: 'a repository on GitHub' } },
  async run({ terminal, client, host }, [folder], values) {
    const body =
      values.github === undefined
        ? { path: await findTopLevel(resolve(host.cwd, folder ?? '.'), host.env) }
        : { name: values.github };
    const api = await client();
    const repository = await api.call(API.linkRepository, { body });
    if (terminal.json) terminal.printJson(repository);
    else {
      const text = `${repository.name} (${repository.id}), default branch ${repository.defaultBranch}`;
      terminal.print([[styled('good', '✓ '), text]]);
    }
    return EXIT.done;
  },
});

export const repoList = defineCommand({
  name: 'repo list',
  summary: 'known repositories',
  usage: '',
  words: { min: 0, max: 0 },
  options: {},
  async run({ terminal, client }) {
    const items = await allRepositories(await client());
    if (terminal.json) terminal.printJson({ items });
    else if (items.length === 0) {
      terminal.print([['None yet. Link one with  ', styled('bold', 'smol-gang repo link .')]]);
    } else {
      const rows = items.map((repository) => [
        styled('dim', repository.id),
        repository.name,
        repository.defaultBranch,
        styled('dim', repository.forge),
        styled('dim', repository.url),
      ]);
      const columns = ['id', 'name', 'branch', 'forge', 'where'].map((header) => ({
        header,
        shrinks: header === 'where',
      }));
      terminal.print(renderTable(columns, rows, terminal.width));
    }
    return EXIT.done;
  },
});

export const repoUnlink = defineCommand({
  name: 'repo unlink',
  summary: 'forget a repository; nothing in it is touched',
  usage: 'ID | OWNER/NAME',
  words: { min: 1, max: 1 },
  options: {},
  async run({ terminal, client }, [word = '']) {
    const api = await client();
    const id = word.includes('/') ? await idOf(api, word) : word;
    await api.send(API.unlinkRepository, { params: { repository: id } });
    if (terminal.json) terminal.printJson({ unlinked: id });
    else terminal.print([[`${word} is forgotten.`]]);
    return EXIT.done;
  },
});

function allRepositories(client: Client) {
  return readAll((cursor) => client.call(API.listRepositories, { query: { limit: 200, cursor } }));
}

async function idOf(client: Client, name: string): Promise<string> {
  const found = (await allRepositories(client)).find((repository) => repository.name === name);
  if (found !== undefined) return found.id;
  throw new CliError(EXIT.notFound, 'not_found', `no repository ${name} is linked`);
}
