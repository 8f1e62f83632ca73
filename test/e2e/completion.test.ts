import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryRepository, writeFiles } from '../commands/temporary.ts';
import { pathWithOompa } from './oompa-on-path.ts';

/** A workspace in which one task is blocked and one has failed. */
function workspace(): string {
  const root = temporaryRepository({ 'oompa.config.yaml': 'workers: [{ name: builders }, { name: fast }]\n' });
  writeFiles(root, { 'tasks/blocked/billing.yaml': '', 'tasks/failed/$(touch pwned).yaml': '' });
  return root;
}

describeWith('bash', 'in bash', () => {
  test.each([
    ['oompa sw', ['swarm']],
    ['oompa tasks answer ', ['billing']],
    ['oompa tasks requeue ', ['billing']],
    ['oompa swarm --only = f', ['fast']],
    ['oompa swarm oompa.c', ['oompa.config.yaml']],
    ['oompa nothing ', []],
  ])('Tab after `%s`: %j', (typed, words) => {
    // What bash does at a Tab: it calls the function with the words and reads COMPREPLY.
    const script = `source <(oompa completion bash)
complete -p oompa >/dev/null || exit 9
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_oompa oompa "\${COMP_WORDS[COMP_CWORD]}"
[ \${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(linesOf('bash', ['--norc', '-c', script, 'bash', ...typed.split(' ')])).toEqual(words);
  });
});

describeWith('fish', 'in fish', () => {
  test.each([
    ['oompa sw', ['swarm\tstart the workers and stay until the queue is dry']],
    ['oompa tasks answer ', ['billing\tblocked']],
    ['oompa swarm --only=f', ['--only=fast']],
    ['oompa swarm oompa.c', ['oompa.config.yaml']],
    ['oompa nothing ', []],
  ])('Tab after `%s`: %j', (typed, lines) => {
    const script = 'oompa completion fish | source; complete -C $argv[1]';
    expect(linesOf('fish', ['--no-config', '-c', script, typed])).toEqual(lines);
  });
});

describeWith('zsh', 'in zsh', () => {
  test.each([
    ['oompa sw', 'oompa swarm '],
    ['oompa tasks ans', 'oompa tasks answer '],
    ['oompa tasks answer ', 'oompa tasks answer billing '],
    ['oompa swarm --only=f', 'oompa swarm --only=fast '],
    ['oompa swarm oompa.c', 'oompa swarm oompa.config.yaml '],
  ])('Tab after `%s` makes it `%s`', (typed, whole) => {
    // A zsh in a terminal of its own. What stands on its line after the Tab is printed by a widget, not taken from the screen.
    const script = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -U compinit; compinit -u -D; source <(oompa completion zsh); show() { print -r "<$BUFFER>"; zle kill-buffer; }; zle -N show; bindkey "^X" show; print rea""dy'
zpty -r shell seen '*ready*'
zpty -w -n shell "$1"$'\\t'$'\\x18'
zpty -r shell seen '*<*>*'
print -r -- "\${\${seen##*<}%%>*}"
zpty -d shell`;
    expect(linesOf('zsh', ['-f', '-c', script, 'zsh', typed])).toEqual([whole]);
  });
});

function linesOf(shell: string, args: readonly string[]): string[] {
  const root = workspace();
  const env = { PATH: pathWithOompa(), HOME: root, TERM: 'dumb' };
  const output = execFileSync(shell, args, { cwd: root, env, encoding: 'utf8', timeout: 120_000 });
  expect(existsSync(join(root, 'pwned'))).toBe(false);
  return output.split('\n').filter((line) => line !== '');
}

function describeWith(shell: string, title: string, tests: () => void): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  if (folders.some((folder) => existsSync(join(folder, shell)))) {
    describe(title, tests);
    return;
  }
  process.stderr.write(`SKIPPED: completion ${title}: ${shell} is not installed\n`);
  describe.skip(title, tests);
}
