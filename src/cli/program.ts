import { Command } from 'commander';
import { version } from '../commands/version.ts';
import { addCompletionCommand } from './completion-command.ts';
import { addHelpCommand, exitCodes, firstSteps, wrongWord } from './help.ts';
import type { Register } from './register.ts';
import { addRescueCommands } from './rescue-commands.ts';
import { addRunCommands, addSwarmCommands } from './swarm-commands.ts';
import { addTaskCommands } from './task-commands.ts';
import { addCareCommands, addFirstCommands, addSchemaCommand } from './workspace-commands.ts';

/** The whole command line. Parsing it throws commander's own error after saying on stderr what is wrong. */
export function commandLine(perform: Register['perform']): Command {
  const program = new Command('oompa')
    .description(firstSteps)
    .option('--no-color', 'no colours (as with NO_COLOR)')
    .version(version, '--version', 'print the version and end')
    .helpOption('-h, --help', 'print this and end; of a command: oompa swarm --help')
    .helpCommand(false)
    .showHelpAfterError('See: oompa --help')
    .configureHelp({ subcommandTerm: nameAndArguments })
    .configureOutput({
      outputError: (text, write) => {
        write(wrongWord(text, program));
      },
    })
    .exitOverride()
    .addHelpText('after', `\n${exitCodes}`);

  const register: Register = { command, perform };
  program.commandsGroup('Begin:');
  addFirstCommands(register);
  program.commandsGroup('Give work, and have it done:');
  addTaskCommands(register);
  addSwarmCommands(register);
  program.commandsGroup('Look and steer:');
  addRunCommands(register);
  program.commandsGroup('Keep and clean up:');
  addRescueCommands(register);
  addCareCommands(register);
  program.commandsGroup('For your shell and editor:');
  addCompletionCommand(register, program);
  addSchemaCommand(register);
  addHelpCommand(register, program);
  return program;

  function command(name: string, description: string, examples: readonly string[], parent: Command = program): Command {
    const path = parent === program ? name : `${parent.name()} ${name}`;
    return parent
      .command(name)
      .description(description)
      .helpOption('-h, --help', 'print this and end')
      .helpCommand(false)
      .showHelpAfterError(`See: oompa ${path} --help`)
      .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}\n`);
  }
}

/** In the list of all commands the names alone; the arguments, too, where there are fewer. */
function nameAndArguments(command: Command): string {
  if (command.parent?.parent === null) return command.name();
  const shown = command.registeredArguments.map((each) => {
    const name = `${each.name()}${each.variadic ? '...' : ''}`;
    return each.required ? ` <${name}>` : ` [${name}]`;
  });
  return `${command.name()}${shown.join('')}`;
}
