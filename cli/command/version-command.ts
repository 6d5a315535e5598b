import manifest from '../../package.json' with { type: 'json' };
import { EXIT } from '../cli-error.ts';
import { defineCommand } from '../define-command.ts';

export const versionCommand = defineCommand({
  name: 'version',
  summary: 'print the version of this command (also --version, -V)',
  usage: '',
  argumentCount: { min: 0, max: 0 },
  options: {},
  async run({ terminal }) {
    const { version } = manifest;
    if (terminal.isJson) terminal.printJson({ version });
    else terminal.printLines([[`smol-gang ${version}`]]);
    return EXIT.done;
  },
});
