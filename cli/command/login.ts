import type { Session } from '../../core/contract/access.ts';
import { API } from '../../core/contract/api.ts';
import { EXIT, usageError } from '../cli-error.ts';
import { makeClient } from '../client.ts';
import type { Context } from '../command.ts';
import { defineCommand } from '../command.ts';
import { findConnection } from '../connect.ts';
import {
  credentialsPath,
  dropSession,
  isLoopback,
  normaliseUrl,
  saveSession,
} from '../credentials.ts';
import { styled } from '../render/line.ts';

export const login = defineCommand({
  name: 'login',
  summary: 'sign in, with a one-time link or e-mail and password',
  usage: '[LINK | URL] [--email EMAIL]',
  words: { min: 0, max: 1 },
  options: { email: { type: 'string', value: 'EMAIL', help: 'sign in with a password' } },
  details: 'The password is asked for without echo, or read from stdin; it is never an option.',
  async run(context, [word], values) {
    const link = word === undefined ? undefined : readLink(word);
    const url = link?.url ?? (await findConnection(context.host, context.url)).url;
    const session =
      link?.code === undefined
        ? await withPassword(context, url, values.email)
        : await makeClient({ url }).call(API.exchange, { body: { code: link.code } });
    await saveSession(credentialsPath(context.host.env, context.host.home), url, session);
    const { user } = session;
    if (context.terminal.json) context.terminal.printJson({ url, ...user });
    else {
      const who = `Signed in to ${url} as ${user.email} (${user.role}).`;
      context.terminal.print([[styled('good', '✓ '), who]]);
    }
    return EXIT.done;
  },
});

const CODE_NAMES = ['signin', 'code'];

/** A one-time link carries its code behind `#signin=`, which no server ever sees; without one it only says where. */
export function readLink(text: string): { url: string; code?: string } {
  const url = normaliseUrl(text);
  const link = new URL(text);
  const fragment = new URLSearchParams(link.hash.replace(/^#\/?\??/, ''));
  const codes = CODE_NAMES.map((name) => fragment.get(name) ?? link.searchParams.get(name));
  const code = codes.find((each) => each !== null && each !== '');
  if (code === undefined || code === null) return { url };
  return { url: url.replace(/\/(login|sign-in|signin|auth)$/, ''), code };
}

async function withPassword(
  context: Context,
  url: string,
  emailOption: string | undefined,
): Promise<Session> {
  if (url.startsWith('http:') && !isLoopback(url)) {
    throw usageError(`${url} is not encrypted: a password is not sent there`, 'use an https URL');
  }
  const isPerson = context.host.stdin.isTTY === true;
  if (emailOption === undefined && !isPerson) throw usageError('say who signs in with --email');
  const email = emailOption ?? (await context.terminal.ask('E-mail: ')).trim();
  const password = await context.terminal.askSecret('Password: ');
  return makeClient({ url }).call(API.login, { body: { email, password } });
}

export const logout = defineCommand({
  name: 'logout',
  summary: 'forget the sign-in',
  usage: '',
  words: { min: 0, max: 0 },
  options: {},
  async run({ host, terminal, url: option }) {
    const { url } = await findConnection(host, option);
    const had = await dropSession(credentialsPath(host.env, host.home), url);
    if (terminal.json) terminal.printJson({ url, signedOut: had });
    else terminal.print([[had ? `Signed out of ${url}.` : `Nobody was signed in to ${url}.`]]);
    return EXIT.done;
  },
});
