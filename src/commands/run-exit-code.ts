import type { RunState } from '../core/run-state.ts';
import { taskRows } from '../core/run-tables.ts';
import type { ExitCode } from './io.ts';

/** 130 when it was stopped, 1 when something needs a person, 0 otherwise. */
export function exitCodeOf(state: RunState): Extract<ExitCode, 0 | 1 | 130> {
  if (state.end?.why === 'interrupted' || state.end?.why === 'drained') return 130;
  if (state.end?.why === 'workers-stopped' || state.end?.why === 'main-taken') return 1;
  const needsPerson = taskRows(state).some(
    ({ standing }) => standing === 'failed' || standing === 'asks' || standing === 'held',
  );
  return needsPerson ? 1 : 0;
}
