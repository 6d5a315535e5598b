import { ROLES } from '../../core/contract/access.ts';
import { API } from '../../core/contract/api.ts';
import { EXIT, usageError } from '../cli-error.ts';
import type { Context } from '../command.ts';
import { choiceOption, defineCommand } from '../command.ts';
import { formatAgo } from '../render/figures.ts';
import { styled } from '../render/line.ts';
import { renderTable } from '../render/table.ts';

export const userAdd = defineCommand({
  name: 'user add',
  summary: 'add a user',
  usage: 'EMAIL [--role ROLE]',
  words: { min: 1, max: 1 },
  options: { role: { type: 'string', value: 'ROLE', help: 'viewer, operator (default) or admin' } },
  details: 'The password, at least 10 characters, is asked for without echo or read from stdin.',
  async run(context, [email = ''], values) {
    const role = choiceOption('role', values.role, ROLES) ?? 'operator';
    const api = await context.client();
    const password = await newPassword(context);
    const user = await api.call(API.createUser, { body: { email, password, role } });
    if (context.terminal.json) context.terminal.printJson(user);
    else context.terminal.print([[styled('good', '✓ '), `${user.email} (${user.role})`]]);
    return EXIT.done;
  },
});

async function newPassword({ host, terminal }: Context): Promise<string> {
  const password = await terminal.askSecret('Password of the new user: ');
  if (host.stdin.isTTY !== true) return password;
  const again = await terminal.askSecret('Once more: ');
  if (again !== password) throw usageError('the two passwords are not the same');
  return password;
}

export const userList = defineCommand({
  name: 'user list',
  summary: 'users and their roles',
  usage: '',
  words: { min: 0, max: 0 },
  options: {},
  async run({ terminal, client, host }) {
    const api = await client();
    const { items } = await api.call(API.listUsers, {});
    if (terminal.json) terminal.printJson({ items });
    else {
      const rows = items.map((user) => [
        user.email,
        user.role,
        styled('dim', formatAgo(user.createdAt, host.now())),
      ]);
      const columns = [{ header: 'user', shrinks: true }, { header: 'role' }, { header: 'added' }];
      terminal.print(renderTable(columns, rows, terminal.width));
    }
    return EXIT.done;
  },
});

export const userRemove = defineCommand({
  name: 'user remove',
  summary: 'remove a user; their tokens end at once',
  usage: 'EMAIL',
  words: { min: 1, max: 1 },
  options: {},
  async run({ terminal, client }, [email = '']) {
    const api = await client();
    await api.send(API.deleteUser, { params: { email } });
    if (terminal.json) terminal.printJson({ removed: email });
    else terminal.print([[`${email} is removed.`]]);
    return EXIT.done;
  },
});
