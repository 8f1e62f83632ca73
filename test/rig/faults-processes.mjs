import processes from 'node:child_process';
import { basename } from 'node:path';
import { setTimeout } from 'node:timers';

/** Puts `meet` before the start of every process, and before every question to one that answers over its standard streams. */
export function patchProcesses({ meet, shorten }) {
  const { spawn } = processes;
  processes.spawn = (file, ...rest) => {
    const args = Array.isArray(rest[0]) ? rest[0] : [];
    const name = shorten([basename(file), ...withoutSettings(args)].join(' '));
    const fault = meet(name);
    if (fault === undefined) return watched(spawn(file, ...rest), name);
    // A process that can't be started is told of by an event, and never by an exception.
    if (fault.side === 'before' && fault.strike({ syscall: `spawn ${file}` })) return spawn('/nowhere/at/all', ...rest);
    const child = watched(spawn(file, ...rest), name);
    if (fault.side === 'ended') child.once('exit', () => fault.strike({ syscall: 'spawn' }));
    else if (fault.side !== 'before') fault.strike({ syscall: 'spawn' });
    return child;
  };

  /** Questions to a coprocess; what is written once and closed at once goes with the start. */
  function watched(child, name) {
    const { stdin } = child;
    if (stdin === null || !/--stdin|--batch/.test(name)) return child;
    const write = stdin.write.bind(stdin);
    stdin.write = (text, ...rest) => {
      const fault = meet(shorten(`${name} ← ${String(text).trim().replaceAll('\n', '; ')}`));
      const isLate = fault !== undefined && fault.side !== 'before' && fault.side !== 'half';
      // The nearest thing to a failed write: the process is gone.
      const strike = () => fault.strike({ syscall: 'write' }) !== undefined && child.kill('SIGKILL');
      if (fault?.side === 'half') write(String(text).slice(0, Math.floor(text.length / 2)));
      if (fault !== undefined && !isLate && strike()) return false;
      const more = write(text, ...rest);
      if (fault?.side === 'ended') dieAfterwards(child, fault);
      else if (isLate) strike();
      return more;
    };
    return child;
  }
}

/** It does what it was asked, and dies without its answer. */
function dieAfterwards(child, fault) {
  child.stdout.removeAllListeners('data').resume();
  setTimeout(() => {
    if (fault.strike({ syscall: 'write' }) !== undefined) child.kill('SIGKILL');
  }, 50);
}

/** `-c name=value` before a git command says nothing about it. */
function withoutSettings(args) {
  return args
    .filter((each, at) => each !== '-c' || !/^[\w.]+=/.test(args[at + 1] ?? ''))
    .filter((each) => !/^[a-z]+\.[\w.]+=/i.test(each));
}
