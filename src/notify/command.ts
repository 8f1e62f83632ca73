import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../system/files.ts';
import { runShell, type ShellCommand } from '../system/shell.ts';

/** A command that gets a notice on its standard input. */
export interface NoticeCommand extends ShellCommand {
  /** The notice, as JSON. */
  readonly text: string;
  /** File that takes the notice, beside the log; its folder is made when missing. */
  readonly file: string;
}

/**
 * Runs the command, and ends all that it started. Gives why it failed, undefined when it did not. It reads a file and no
 * pipe: one that never reads holds nobody up, and the file tells afterwards what it was told.
 */
export async function runWithNotice(order: NoticeCommand): Promise<string | undefined> {
  const { file, text, command, env, ...rest } = order;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    return `the notice could not be written (${errorCode(error) ?? 'unknown error'})`;
  }
  const ran = await runShell({
    ...rest,
    command: `exec <"$${fileVariable}"\n${command}`,
    env: { ...env, [fileVariable]: file },
    redact: (each) => order.redact(each),
  });
  return ran.kind === 'passed' ? undefined : ran.detail;
}

const fileVariable = 'OOMPA_NOTICE';
