import { ROLES } from '../../../core/contract/access.ts';
import { API } from '../../../core/contract/api.ts';
import { EXIT } from '../../cli-error.ts';
import { defineCommand, parseChoiceOption, parseNumberOption } from '../../define-command.ts';
import { formatRelativeTime } from '../../render/layout/format-figures.ts';
import { styleSpan } from '../../render/layout/line.ts';
import { confirmAction, YES_OPTION } from '../confirm-action.ts';

export const tokenCreateCommand = defineCommand({
  name: 'token create',
  summary: 'create an API token for scripts; the token is shown only once',
  usage: 'NAME [--role ROLE] [--days N]',
  argumentCount: { min: 1, max: 1 },
  options: {
    role: { type: 'string', value: 'ROLE', help: 'viewer, operator (default) or admin' },
    days: { type: 'string', value: 'N', help: 'days until the token expires; default 90' },
  },
  async run({ terminal, client }, [name = ''], values) {
    const role = parseChoiceOption('role', values.role, ROLES) ?? 'operator';
    const days = parseNumberOption('days', values.days, { min: 1, whole: true });
    const api = await client();
    const body = { name, role, ...(days === undefined ? {} : { days }) };
    const token = await api.call(API.createToken, { body });
    if (terminal.isJson) {
      terminal.printJson(token);
      return EXIT.done;
    }
    terminal.printNotes([
      [
        `Token ${token.id} (${token.role}) is shown only now. To use the token, set SMOL_GANG_TOKEN to:`,
      ],
    ]);
    terminal.printRaw(token.token);
    return EXIT.done;
  },
});

export const tokenListCommand = defineCommand({
  name: 'token list',
  summary: 'list the API tokens, without their secrets',
  usage: '',
  argumentCount: { min: 0, max: 0 },
  options: {},
  async run({ terminal, client, host }) {
    const api = await client();
    const { items } = await api.call(API.listTokens, {});
    if (terminal.isJson) terminal.printJson({ items });
    else if (items.length === 0) terminal.printLines([['There are no API tokens.']]);
    else {
      const rows = items.map((token) => [
        token.id,
        token.name,
        token.role,
        styleSpan('dim', token.createdBy),
        styleSpan('dim', formatRelativeTime(token.expiresAt, host.now())),
      ]);
      const columns = ['token', 'name', 'role', 'created by', 'expires'];
      terminal.printTable(
        columns.map((header) => ({ header, shrinks: header === 'name' })),
        rows,
      );
    }
    return EXIT.done;
  },
});

export const tokenRevokeCommand = defineCommand({
  name: 'token revoke',
  summary: 'revoke a token at once',
  usage: 'TOKEN-ID [--yes]',
  argumentCount: { min: 1, max: 1 },
  options: YES_OPTION,
  async run({ terminal, client }, [token = ''], values) {
    await confirmAction(
      { terminal },
      values,
      `Revoke token ${token}? Programs that use the token lose their access.`,
    );
    const api = await client();
    await api.send(API.deleteToken, { params: { token } });
    if (terminal.isJson) terminal.printJson({ revoked: token });
    else terminal.printLines([[`Token ${token} is revoked.`]]);
    return EXIT.done;
  },
});
