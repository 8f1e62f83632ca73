import { takenWords, waysOut } from '../core/trespass.ts';
import type { MainTaken } from '../core/trespass.ts';
import { counted } from './text.ts';

/** Why no run begins while main is as an agent has left it, and the two ways out; ends with a line break. */
export function renderTaken(takings: readonly [MainTaken, ...MainTaken[]], main: string): string {
  const [first] = takings;
  const { undo, accept } = waysOut(first);
  const words = takenWords(first, main);
  const more = takings.length - 1;
  return [
    `Nothing was started: ${words}, and nothing is built on that without you.`,
    `  see it       git show --stat ${first.commit.slice(0, 10)}`,
    `  undo it      ${undo}   (with ${main} checked out)`,
    `  or accept it ${accept}`,
    ...(more === 0 ? [] : [`The same goes for ${counted(more, 'more commit')}; see: oompa audit`]),
    '',
  ].join('\n');
}
