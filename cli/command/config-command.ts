import { EXIT } from '../cli-error.ts';
import { findConnection } from '../client/connect-client.ts';
import { getCredentialsPath } from '../client/credentials-store.ts';
import { defineCommand } from '../define-command.ts';
import { styleSpan } from '../render/layout/line.ts';

export const configCommand = defineCommand({
  name: 'config',
  summary: 'show the settings of this command, and where each comes from',
  usage: '',
  argumentCount: { min: 0, max: 0 },
  options: {},
  details:
    'Secrets are not shown. The settings of the platform are in `.env` of its folder; `smol-gang doctor` checks them.',
  async run({ host, terminal, url: urlOption }) {
    const { url, urlSource, credentials } = await findConnection(host, urlOption);
    const [credential] = credentials;
    const settings = [
      { name: 'url', value: url, source: urlSource },
      {
        name: 'credential',
        value: credential?.kind ?? 'none',
        source: credential?.source ?? 'smol-gang login',
      },
      {
        name: 'sign-ins',
        value: getCredentialsPath(host.env, host.home),
        source: host.env.XDG_CONFIG_HOME === undefined ? 'the default' : 'XDG_CONFIG_HOME',
      },
      {
        name: 'colour',
        value: terminal.hasColour ? 'yes' : 'no',
        source: '--color, NO_COLOR, FORCE_COLOR or the terminal',
      },
    ];
    if (terminal.isJson) terminal.printJson({ settings });
    else
      terminal.printTable(
        [{ header: 'setting' }, { header: 'value' }, { header: 'from' }],
        settings.map(({ name, value, source }) => [name, value, styleSpan('dim', source)]),
      );
    return EXIT.done;
  },
});
