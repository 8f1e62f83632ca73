import { layoutOf } from './front-matter.ts';
import type { TaskExtension } from './task-name.ts';

/**
 * The priority of a task file as far as a glance tells, because parsing 100,000 files takes 20 s; undefined when only parsing
 * will tell. Whoever hands the task out parses it, and then knows better.
 */
export function peekPriority(text: string, extension: TaskExtension): number | undefined {
  const layout = layoutOf(text, extension);
  if (layout === undefined) return 0;
  const [before, after, more] = text.slice(layout.start, layout.end).split('priority');
  if (after === undefined) return 0;
  if (more !== undefined || !(before === '' || before?.endsWith('\n') === true)) return undefined;
  const number = /^:[ \t]+(-?\d+)[ \t]*(?:#.*)?\r?(?:\n|$)/.exec(after)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** Whether the file may name a session: a glance that errs towards yes, because such files have to be parsed. */
export function mayHaveSession(text: string): boolean {
  return /[\s{,"']session["']?\s*:/.test(text);
}
