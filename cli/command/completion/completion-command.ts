import { createUsageError, EXIT } from '../../cli-error.ts';
import { defineCommand } from '../../define-command.ts';

// The scripts ask `smol-gang __complete` for candidates, so that they know every command and the ids of plans and tasks.

const BASH = `\
_smol_gang() {
  local IFS=$'\\n'
  COMPREPLY=($(smol-gang __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _smol_gang smol-gang
`;

const ZSH = `\
#compdef smol-gang
_smol_gang() {
  local -a candidates
  candidates=("\${(@f)$(smol-gang __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -z "\${candidates[1]}" ]]; then _files; return; fi
  candidates=("\${(@)candidates//:/\\\\:}")
  candidates=("\${(@)candidates/$'\\t'/:}")
  _describe 'smol-gang' candidates
}
compdef _smol_gang smol-gang
`;

const FISH = `\
function __smol_gang_complete
  set -l words (commandline -opc)[2..]
  smol-gang __complete $words (commandline -ct | string collect --allow-empty) 2>/dev/null
end
complete -c smol-gang -f -a '(__smol_gang_complete)'
`;

const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export const completionCommand = defineCommand({
  name: 'completion',
  summary: 'print a script that completes commands, plans and tasks in your shell',
  usage: 'bash|zsh|fish',
  argumentCount: { min: 1, max: 1 },
  options: {},
  details:
    'bash:  source <(smol-gang completion bash)   in ~/.bashrc\n' +
    'zsh:   source <(smol-gang completion zsh)   in ~/.zshrc, after compinit\n' +
    'fish:  smol-gang completion fish > ~/.config/fish/completions/smol-gang.fish',
  async run({ terminal }, [shell = '']) {
    const script = SCRIPTS[shell];
    if (script === undefined)
      throw createUsageError(
        `there is no completion for ${shell}: give ${Object.keys(SCRIPTS).join(', ')}`,
      );
    if (terminal.isJson) terminal.printJson({ shell, script });
    else terminal.printRaw(script);
    return EXIT.done;
  },
});
