/** `signalbox completion`: completes what is typed in a shell. The shell asks the program itself, so nothing goes stale. */
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import type { OwnCommand } from './command.ts';
import { print } from './output.ts';

/** What each shell is told once; `signalbox complete` answers the rest. A directory or file is completed where nothing else fits. */
const scripts = {
  bash: `_signalbox() {
  local IFS=$'\\n'
  COMPREPLY=($(signalbox complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _signalbox signalbox`,
  zsh: `#compdef signalbox
_signalbox() {
  local -a found
  found=("\${(@f)$(signalbox complete -- "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)}")
  if [[ -n "\${found[*]}" ]]; then compadd -a found; else _files; fi
}
compdef _signalbox signalbox`,
  fish: `function __signalbox
  set -l words (commandline -opc) (commandline -ct)
  signalbox complete -- $words[2..-1] 2>/dev/null
end
complete -c signalbox -a '(__signalbox)'`,
} as const;

type Shell = keyof typeof scripts;
const shells = Object.keys(scripts) as Shell[];

export const completion: OwnCommand = {
  description: 'what a shell needs to complete commands, options and ids',
  isApart: true,
  extra: command => command.argument('<shell>', shells.join(', ')),
  examples: [
    'eval "$(signalbox completion bash)"                                 # in ~/.bashrc',
    'eval "$(signalbox completion zsh)"                                  # in ~/.zshrc, after compinit',
    'signalbox completion fish > ~/.config/fish/completions/signalbox.fish',
  ],
  async run(_, [shell]) {
    const known = shells.find(name => name === shell);
    if (known === undefined) {
      const why = `There is no completion for ${quote(String(shell))}; there are ${shells.join(', ')}.`;
      throw new SignalboxError('invalid', 'badUsage', why);
    }
    print(scripts[known]);
    return 0;
  },
};
