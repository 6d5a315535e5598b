import { ROLES } from '../../../core/contract/access.ts';
import { API } from '../../../core/contract/api.ts';
import { createUsageError, EXIT } from '../../cli-error.ts';
import type { CommandContext } from '../../define-command.ts';
import { defineCommand, parseChoiceOption } from '../../define-command.ts';
import { formatRelativeTime } from '../../render/layout/format-figures.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { confirmAction, YES_OPTION } from '../confirm-action.ts';

export const userAddCommand = defineCommand({
  name: 'user add',
  summary: 'add a user, who signs in with e-mail and password',
  usage: 'EMAIL [--role ROLE]',
  argumentCount: { min: 1, max: 1 },
  options: { role: { type: 'string', value: 'ROLE', help: 'viewer, operator (default) or admin' } },
  details: 'The password, at least 10 characters, is asked for without echo or read from stdin.',
  async run(context, [email = ''], values) {
    const role = parseChoiceOption('role', values.role, ROLES) ?? 'operator';
    const api = await context.client();
    const password = await askNewPassword(context, 'Password of the new user: ');
    const user = await api.call(API.createUser, { body: { email, password, role } });
    if (context.terminal.isJson) context.terminal.printJson(user);
    else
      context.terminal.printLines([
        [styleSpan('good', '✓ '), `added ${user.email} (${user.role})`],
      ]);
    return EXIT.done;
  },
});

/** Asks for a new password without echo, twice at a terminal; reads the password from stdin otherwise. */
export async function askNewPassword(
  { host, terminal }: CommandContext,
  question: string,
): Promise<string> {
  const password = await terminal.askSecret(question);
  if (host.stdin.isTTY !== true) return password;
  const repeated = await terminal.askSecret('Repeat the password: ');
  if (repeated !== password) throw createUsageError('the two passwords differ');
  return password;
}

export const userListCommand = defineCommand({
  name: 'user list',
  summary: 'list the users and their roles',
  usage: '',
  argumentCount: { min: 0, max: 0 },
  options: {},
  async run({ terminal, client, host }) {
    const api = await client();
    const { items } = await api.call(API.listUsers, {});
    if (terminal.isJson) terminal.printJson({ items });
    else {
      const rows = items.map((user) => [
        user.email,
        user.role,
        styleSpan('dim', formatRelativeTime(user.createdAt, host.now())),
      ]);
      const columns = [{ header: 'user', shrinks: true }, { header: 'role' }, { header: 'added' }];
      terminal.printTable(columns, rows);
    }
    return EXIT.done;
  },
});

export const userRemoveCommand = defineCommand({
  name: 'user remove',
  summary: 'remove a user; sessions and API tokens of the user end at once',
  usage: 'EMAIL [--yes]',
  argumentCount: { min: 1, max: 1 },
  options: YES_OPTION,
  async run({ terminal, client }, [email = ''], values) {
    await confirmAction(
      { terminal },
      values,
      `Remove user ${email}? All sessions and API tokens of the user end.`,
    );
    const api = await client();
    await api.send(API.deleteUser, { params: { email } });
    if (terminal.isJson) terminal.printJson({ removed: email });
    else terminal.printLines([[`User ${email} is removed.`]]);
    return EXIT.done;
  },
});

export const userSetRoleCommand = defineCommand({
  name: 'user set-role',
  summary: 'change the role of a user, from the next request on',
  usage: 'EMAIL ROLE',
  argumentCount: { min: 2, max: 2 },
  options: {},
  details: 'ROLE is viewer, operator or admin. At least one admin always remains.',
  async run({ terminal, client }, [email = '', roleText = '']) {
    const role = ROLES.find((candidate) => candidate === roleText);
    if (role === undefined)
      throw createUsageError(`a role is one of ${ROLES.join(', ')}, not "${roleText}"`);
    const api = await client();
    const user = await api.call(API.changeUser, { params: { email }, body: { role } });
    if (terminal.isJson) terminal.printJson(user);
    else terminal.printLines([[styleSpan('good', '✓ '), `${user.email} is ${user.role} now`]]);
    return EXIT.done;
  },
});

export const userSetPasswordCommand = defineCommand({
  name: 'user set-password',
  summary: 'give another user a new password; sessions and API tokens of the user end',
  usage: 'EMAIL',
  argumentCount: { min: 1, max: 1 },
  options: {},
  details: 'The password, at least 10 characters, is asked for without echo or read from stdin.',
  async run(context, [email = '']) {
    const api = await context.client();
    const password = await askNewPassword(context, `New password of ${email}: `);
    const user = await api.call(API.changeUser, { params: { email }, body: { password } });
    if (context.terminal.isJson) context.terminal.printJson(user);
    else
      context.terminal.printLines([
        [
          styleSpan('good', '✓ '),
          `${user.email} has a new password; sessions and API tokens have ended`,
        ],
      ]);
    return EXIT.done;
  },
});

export const userEndSessionsCommand = defineCommand({
  name: 'user end-sessions',
  summary: 'end all sessions of a user at once; API tokens stay valid',
  usage: 'EMAIL [--yes]',
  argumentCount: { min: 1, max: 1 },
  options: YES_OPTION,
  async run({ terminal, client }, [email = ''], values) {
    await confirmAction({ terminal }, values, `End all sessions of ${email}?`);
    const api = await client();
    await api.send(API.endUserSessions, { params: { email } });
    if (terminal.isJson) terminal.printJson({ ended: email });
    else terminal.printLines([[`All sessions of ${email} have ended.`]]);
    return EXIT.done;
  },
});
