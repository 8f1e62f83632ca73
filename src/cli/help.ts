import type { Command } from 'commander';
import { nearest } from '../core/nearest.ts';
import type { Register } from './register.ts';

/** What a newcomer reads first. A line that begins with blanks keeps commander from wrapping all of it. */
export const firstSteps = `A swarm of coding agents on your repository: they claim tasks, work in
worktrees of their own, are reviewed, and land on main.

First steps, in your git repository:
  oompa init                               writes a config that you can change
  oompa tasks add "Add a health endpoint"  as many as you like
  oompa swarm                              agents work until nothing is left
To see it work first, without a key or a network: oompa demo`;

/** What scripts may rely on; the same for all commands. */
export const exitCodes = `Exit codes:
  0    all is well
  1    something needs you: a task failed, asks or is held, or a check failed
  2    nothing was done: wrong command line, config or workspace
  70   a bug in oompa; your work is kept
  124  \`oompa wait --timeout\`: the time is over
  130  stopped before the end, by Ctrl-C or \`oompa stop\`
`;

/** `oompa help [command...]`. */
export function addHelpCommand({ command }: Register, program: Command): void {
  command('help', 'help for a command', ['oompa help', 'oompa help swarm', 'oompa help tasks requeue'])
    .argument('[command...]', 'which one; all of them when left out')
    .action((words: string[]) => {
      let at = program;
      for (const word of words) {
        const next = at.commands.find((each) => each.name() === word);
        if (next === undefined) {
          const meant = nearest(word, namesBelow(at));
          const guess = meant === undefined ? '' : `\n(Did you mean ${meant}?)`;
          return at.error(`error: unknown command '${word}'${guess}`, { code: 'commander.unknownCommand' });
        }
        at = next;
      }
      at.outputHelp();
    });
}

/**
 * What is printed for a wrong command line: commander's own words (14.0), which name the nearest command or option. A word
 * such as `requeue`, which is a command below another, means that one.
 */
export function wrongWord(text: string, program: Command): string {
  const [, cause, word] = /^(error: unknown command '([^']+)'\n)/.exec(text) ?? [];
  const group = program.commands.find((each) => word !== undefined && namesBelow(each).includes(word));
  if (cause === undefined || word === undefined || group === undefined) return text;
  return `${cause}(Did you mean ${group.name()} ${word}?)\n`;
}

function namesBelow(command: Command): string[] {
  return command.commands.map((each) => each.name());
}
