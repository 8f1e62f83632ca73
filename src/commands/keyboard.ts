import { readFileSync } from 'node:fs';

/**
 * Standard input, where single keys can be read from it. Not in the background of a shell: there the terminal stops who
 * changes it (`oompa swarm &`).
 */
export function keyboard(): NodeJS.ReadStream | undefined {
  return process.stdin.isTTY && isInForeground() ? process.stdin : undefined;
}

/** Whether the terminal is this process's to draw on and to read from. It is when the terminal's process group is its own: fields 5 and 8 of /proc/self/stat, proc(5). True where that can't be told. */
export function isInForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[2] === fields[5];
  } catch {
    return true;
  }
}
