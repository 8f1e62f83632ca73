import { counted } from './text.ts';

/** What is told of a run that was started apart, once it has begun; ends with a line break. */
export function renderDetached(run: {
  readonly id: string;
  readonly workers: number;
  readonly pending: number;
  /** Its output, as a person would type it. */
  readonly output: string;
}): string {
  const short = run.id.slice(-4);
  return [
    `run ${run.id} has started and goes on by itself: ${counted(run.workers, 'worker')}, ${counted(run.pending, 'task')} pending`,
    `  watch it      oompa watch ${short}`,
    '  ask           oompa status',
    '  follow one    oompa logs WORKER -f',
    `  wait for it   oompa wait ${short}`,
    `  stop it       oompa stop ${short}`,
    `  its output    ${run.output}`,
    '',
  ].join('\n');
}
