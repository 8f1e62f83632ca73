import type { Diagnostic } from '../core/diagnostic.ts';
import { renderDiagnostics } from './diagnostics.ts';
import type { Style } from './paint.ts';
import { painter } from './paint.ts';
import type { ProbedAgent } from './probes.ts';
import { probeLines } from './probes.ts';
import { counted, oneLine, wrapped } from './text.ts';

/** One thing that `oompa doctor` has looked at. `warn` does not stop a run, `fail` does. */
export interface Check {
  readonly status: 'ok' | 'warn' | 'fail';
  /** One line: what was found. */
  readonly text: string;
  /** One line: what to do about it. */
  readonly hint?: string;
  /** Every problem in a file that this is about; each counts as one. */
  readonly diagnostics?: readonly Diagnostic[];
}

/** Everything that was checked, in the order of the screen, and how much of it is wrong. */
export interface Diagnosis {
  readonly checks: readonly Check[];
  readonly problems: number;
  readonly warnings: number;
  /** The command to go on with. */
  readonly next: string;
  /** The agents that were asked for a word; `oompa doctor --probe` only. */
  readonly probes?: readonly ProbedAgent[];
}

/** The screen of `oompa doctor`: one line a check, its remedy below, and the count with the next command. Agents that were asked come last. */
export function renderDoctor(diagnosis: Diagnosis, io: { readonly color: boolean; readonly columns: number }): string {
  const { checks, probes = [] } = diagnosis;
  const probed = probes.length === 0 ? [] : probeLines(probes, io);
  return [...checks.flatMap((check) => linesOf(check, io)), ...probed, closingLine(diagnosis), ''].join('\n');
}

const styles: Readonly<Record<Check['status'], Style>> = { ok: 'green', warn: 'yellow', fail: 'red' };
const margin = 8;

function linesOf(check: Check, { color, columns }: { readonly color: boolean; readonly columns: number }): string[] {
  const paint = painter(color);
  const indent = ' '.repeat(margin);
  const [first = '', ...more] = wrapped(oneLine(check.text), columns - margin);
  const hints = check.hint === undefined ? [] : wrapped(oneLine(check.hint), columns - margin);
  const status = `${paint(styles[check.status], check.status)}${' '.repeat(margin - 2 - check.status.length)}`;
  const { diagnostics = [] } = check;
  return [
    `  ${status}${first}`,
    ...more.map((line) => `${indent}${line}`),
    ...hints.map((line) => `${indent}${paint('dim', line)}`),
    ...(diagnostics.length === 0 ? [] : [renderDiagnostics(diagnostics, { color })]),
  ];
}

function closingLine({ problems, warnings, next }: Diagnosis): string {
  const parts = [
    ...(problems === 0 ? [] : [counted(problems, 'problem')]),
    ...(warnings === 0 ? [] : [counted(warnings, 'warning')]),
  ];
  const found = parts.length === 0 ? 'all well' : parts.join(', ');
  const lead = problems === 0 ? 'Start with' : next.startsWith('oompa doctor') ? 'Check again with' : 'Next';
  return `${found}. ${lead}: ${next}`;
}
