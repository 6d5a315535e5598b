import { API } from '../../../core/contract/api.ts';
import { EXIT } from '../../cli-error.ts';
import { findConnection } from '../../client/connect-client.ts';
import {
  getCredentialsPath,
  readCredentialsStore,
  updateSession,
} from '../../client/credentials-store.ts';
import type { CommandContext } from '../../define-command.ts';
import { defineCommand } from '../../define-command.ts';
import { formatRelativeTime } from '../../render/layout/format-figures.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { confirmAction, YES_OPTION } from '../confirm-action.ts';
import { askNewPassword } from './user-commands.ts';

export const sessionListCommand = defineCommand({
  name: 'session list',
  summary: 'list your sessions; for an admin, the sessions of all users',
  usage: '',
  argumentCount: { min: 0, max: 0 },
  options: {},
  async run({ terminal, client, host }) {
    const api = await client();
    const { items } = await api.call(API.listSessions, {});
    if (terminal.isJson) terminal.printJson({ items });
    else if (items.length === 0) terminal.printLines([['There are no sessions.']]);
    else {
      const rows = items.map((session) => [
        session.id,
        session.email,
        styleSpan('dim', formatRelativeTime(session.openedAt, host.now())),
        styleSpan('dim', formatRelativeTime(session.usedAt, host.now())),
        session.current ? 'this session' : '',
      ]);
      const headers = ['session', 'user', 'signed in', 'renewed', ''];
      const columns = headers.map((header) => ({ header, shrinks: header === 'user' }));
      terminal.printTable(columns, rows);
    }
    return EXIT.done;
  },
});

export const sessionEndCommand = defineCommand({
  name: 'session end',
  summary: 'end a session at once',
  usage: 'SESSION-ID [--yes]',
  argumentCount: { min: 1, max: 1 },
  options: YES_OPTION,
  async run({ terminal, client }, [session = ''], values) {
    await confirmAction(
      { terminal },
      values,
      `End session ${session}? Its user has to sign in again.`,
    );
    const api = await client();
    await api.send(API.endSession, { params: { session } });
    if (terminal.isJson) terminal.printJson({ ended: session });
    else terminal.printLines([[`Session ${session} has ended.`]]);
    return EXIT.done;
  },
});

async function askPasswords(
  context: CommandContext,
): Promise<{ readonly current: string; readonly next: string }> {
  const { host, terminal } = context;
  if (host.stdin.isTTY !== true) {
    const [current = '', next = ''] = (await terminal.readStdin()).split(/\r?\n/);
    return { current, next };
  }
  const current = await terminal.askSecret('Current password: ');
  return { current, next: await askNewPassword(context, 'New password: ') };
}

export const passwordChangeCommand = defineCommand({
  name: 'password change',
  summary: 'change your own password; your other sessions end',
  usage: '',
  argumentCount: { min: 0, max: 0 },
  options: {},
  details:
    'Both passwords are asked for without echo, or read from two lines of stdin: first the current, then the new password.',
  async run(context) {
    const { host, terminal } = context;
    const api = await context.client();
    const body = await askPasswords(context);
    const session = await api.call(API.changePassword, { body });
    const { url } = await findConnection(host, context.url);
    const path = getCredentialsPath(host.env, host.home);
    // The change ended the stored session of this user, and the new session replaces it.
    const stored = (await readCredentialsStore(path)).sessions[url];
    if (stored?.user.email === session.user.email) await updateSession(path, url, session);
    if (terminal.isJson) terminal.printJson(session.user);
    else
      terminal.printLines([
        [
          styleSpan('good', '✓ '),
          `The password of ${session.user.email} is changed; other sessions have ended.`,
        ],
      ]);
    return EXIT.done;
  },
});
