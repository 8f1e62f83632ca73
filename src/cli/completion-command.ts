import { Argument } from 'commander';
import type { Command, Option } from 'commander';
import { completeCommand, shells } from '../commands/completion/scripts.ts';
import type { Shell } from '../commands/completion/scripts.ts';
import type { CommandShape, ValueShape } from '../core/completion.ts';
import type { Register } from './register.ts';

/** `oompa completion`: what it completes is read from the command line itself, so that a new command needs no word here. */
export function addCompletionCommand({ command, perform }: Register, program: Command): void {
  command('completion', 'print the script that lets Tab complete commands, runs and tasks', [
    'source <(oompa completion bash)   # a line for ~/.bashrc',
    'source <(oompa completion zsh)    # a line for ~/.zshrc, after compinit',
    'oompa completion fish > ~/.config/fish/completions/oompa.fish',
  ])
    .addArgument(new Argument('<shell>', 'your shell').choices(shells))
    .action(async (shell: Shell) => perform((await import('../commands/completion.ts')).completion, { shell }));

  // What the scripts ask at every Tab.
  program
    .command(completeCommand, { hidden: true })
    .addArgument(new Argument('<shell>').choices(shells))
    .argument('[words...]')
    .action(async (shell: Shell, words: string[]) =>
      perform((await import('../commands/completion/complete.ts')).complete, { shell, words, root: shapeOf(program) }),
    );
}

function shapeOf(command: Command): CommandShape {
  const help = command.createHelp();
  return {
    name: command.name(),
    about: command.description(),
    commands: help.visibleCommands(command).map(shapeOf),
    options: help.visibleOptions(command).map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined),
      about: option.description,
      ...(option.required || option.optional ? { value: valueOf(option) } : {}),
    })),
    values: help.visibleArguments(command).map((argument) => ({
      name: argument.name(),
      isMany: argument.variadic,
      choices: argument.argChoices ?? [],
    })),
  };
}

/** An option says only in its flags what its value is called: `--only <pool>`. */
function valueOf({ flags, variadic, argChoices }: Option): ValueShape {
  const name = /[<[]([^\]>.]+)/.exec(flags)?.[1] ?? '';
  return { name, isMany: variadic, choices: argChoices ?? [] };
}
