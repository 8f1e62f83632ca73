import { unreachable } from '../../core/unreachable.ts';

/** The shells that oompa can complete in. */
export const shells = ['bash', 'zsh', 'fish'] as const;

/** One of them. */
export type Shell = (typeof shells)[number];

/** The hidden command that the scripts ask: `oompa complete-words bash -- swarm --on`. */
export const completeCommand = 'complete-words';

/** The one answer that is no list of words: the shell has to offer files. */
export const filesAnswer = ':files';

/** What `oompa completion <shell>` prints. */
export function scriptOf(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bash;
    case 'zsh':
      return zsh;
    case 'fish':
      return fish;
    default:
      return unreachable(shell);
  }
}

// Words are taken as they are, and never through `compgen -W`, which would expand them. bash 3.2, as macOS has it, lacks only
// compopt of all this.
const bash = `# Tab for oompa in bash: add to ~/.bashrc:  source <(oompa completion bash)
_oompa() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    if [[ $word == ${filesAnswer} ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$2")
      return
    fi
    COMPREPLY+=("\${word%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]/#\\~/$HOME}" ${completeCommand} bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _oompa oompa
`;

const zsh = `#compdef oompa
# Tab for oompa in zsh: add to ~/.zshrc, after compinit:  source <(oompa completion zsh)
_oompa() {
  local line
  local -a lines shown plain
  lines=("\${(@f)$("\${(Q)words[1]/#\\~/$HOME}" ${completeCommand} zsh -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  compset -P '--*='
  if [[ $lines[1] == ${filesAnswer} ]]; then
    _files
    return
  fi
  for line in $lines; do
    plain+=("\${line%%$'\\t'*}")
    shown+=("\${\${\${line//:/\\\\:}/$'\\t'/:}%:}")
  done
  _describe oompa shown plain -V oompa
}
if [[ $funcstack[1] == _oompa ]]; then _oompa "$@"; else compdef _oompa oompa; fi
`;

const fish = `# Tab for oompa in fish:  oompa completion fish > ~/.config/fish/completions/oompa.fish
function __oompa
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($words[1] ${completeCommand} fish -- $words[2..-1] "$current" 2>/dev/null)
    if test "$lines[1]" = ${filesAnswer}
        __fish_complete_path "$current"
    else
        printf '%s\\n' $lines
    end
end
complete -c oompa -f -a '(__oompa)' -k
`;
