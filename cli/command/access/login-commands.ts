import { describeError } from '../../../core/base/describe-error.ts';
import type { Session } from '../../../core/contract/access.ts';
import { API } from '../../../core/contract/api.ts';
import { CliError, createUsageError, EXIT } from '../../cli-error.ts';
import { createClient } from '../../client/client.ts';
import { findConnection } from '../../client/connect-client.ts';
import {
  deleteSession,
  getCredentialsPath,
  isLoopbackUrl,
  normaliseUrl,
  saveSession,
  updateSession,
} from '../../client/credentials-store.ts';
import type { Credential } from '../../client/signer.ts';
import type { CommandContext } from '../../define-command.ts';
import { defineCommand } from '../../define-command.ts';
import { styleSpan } from '../../render/layout/line.ts';
import type { Terminal } from '../../terminal.ts';

export const loginCommand = defineCommand({
  name: 'login',
  summary: 'sign in with a one-time link, or with e-mail and password',
  usage: '[LINK | URL] [--email EMAIL]',
  argumentCount: { min: 0, max: 1 },
  options: { email: { type: 'string', value: 'EMAIL', help: 'user who signs in with a password' } },
  details:
    'The password is asked for without echo, or read from stdin; no option takes a password.',
  async run(context, [linkArgument], values) {
    const link = linkArgument === undefined ? undefined : parseSignInLink(linkArgument);
    const url = link?.url ?? (await findConnection(context.host, context.url)).url;
    const session =
      link?.code === undefined
        ? await signInWithPassword(context, url, values.email)
        : await createClient({ url }).call(API.exchangeSignInCode, { body: { code: link.code } });
    await saveSession(getCredentialsPath(context.host.env, context.host.home), url, session);
    const { user } = session;
    if (context.terminal.isJson) context.terminal.printJson({ url, ...user });
    else {
      const message = `Signed in to ${url} as ${user.email} (${user.role}).`;
      context.terminal.printLines([[styleSpan('good', '✓ '), message]]);
    }
    return EXIT.done;
  },
});

const CODE_PARAMETERS = ['signin', 'code'];

/**
 * Parses a one-time link. The code follows `#signin=`, because browsers send no fragment to a server; a code in the query is
 * accepted as well. For a URL without a code, `code` is absent.
 */
export function parseSignInLink(text: string): { readonly url: string; readonly code?: string } {
  const url = normaliseUrl(text);
  const link = new URL(text);
  const fragment = new URLSearchParams(link.hash.replace(/^#\/?\??/, ''));
  const codes = CODE_PARAMETERS.map((name) => fragment.get(name) ?? link.searchParams.get(name));
  const code = codes.find((candidate) => candidate !== null && candidate !== '');
  if (code === undefined || code === null) return { url };
  return { url: url.replace(/\/(login|sign-in|signin|auth)$/, ''), code };
}

async function signInWithPassword(
  context: CommandContext,
  url: string,
  emailOption: string | undefined,
): Promise<Session> {
  if (url.startsWith('http:') && !isLoopbackUrl(url)) {
    throw createUsageError(
      `the connection to ${url} is not encrypted, so no password is sent`,
      'use an https URL',
    );
  }
  const hasTerminal = context.host.stdin.isTTY === true;
  if (emailOption === undefined && !hasTerminal)
    throw createUsageError(
      'the e-mail address is missing',
      'give --email EMAIL, or the one-time link that the platform prints at its start',
    );
  const email = emailOption ?? (await context.terminal.ask('E-mail: ')).trim();
  const password = await context.terminal.askSecret('Password: ');
  return createClient({ url }).call(API.login, { body: { email, password } });
}

export const logoutCommand = defineCommand({
  name: 'logout',
  summary: 'sign out: end the session and delete the stored sign-in',
  usage: '',
  argumentCount: { min: 0, max: 0 },
  options: {},
  async run({ host, terminal, url: option }) {
    const { url, credentials } = await findConnection(host, option);
    const path = getCredentialsPath(host.env, host.home);
    const session = credentials.find(({ kind }) => kind === 'session');
    if (session !== undefined)
      await endSession(terminal, url, [session], (renewed) => updateSession(path, url, renewed));
    const wasSignedIn = await deleteSession(path, url);
    if (terminal.isJson) terminal.printJson({ url, signedOut: wasSignedIn });
    else
      terminal.printLines([
        [wasSignedIn ? `Signed out of ${url}.` : `There was no sign-in for ${url}.`],
      ]);
    return EXIT.done;
  },
});

/** Ends the session on the server. A failure becomes a note, because the stored sign-in is deleted in any case. */
async function endSession(
  terminal: Terminal,
  url: string,
  credentials: readonly Credential[],
  saveSession: (session: Session) => Promise<void>,
): Promise<void> {
  try {
    await createClient({ url, credentials, saveSession }).send(API.logout, {});
  } catch (error) {
    // A refused session has ended already.
    if (error instanceof CliError && error.exitCode === EXIT.denied) return;
    terminal.printNotes([
      [`The session was not ended on the server (${describeError(error)}); it expires by itself.`],
    ]);
  }
}
