import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { openDrawing } from '../../../src/ui/view/drawing.tsx';

function terminal() {
  const writes: string[] = [];
  const write = (text: string) => writes.push(text) > 0;
  const stdout = Object.assign(new EventEmitter(), { columns: 20, rows: 10, isTTY: true, write });
  return { drawing: openDrawing(stdout as unknown as NodeJS.WriteStream, () => undefined), writes };
}

it('draws all lines, whatever it takes the width of one of them to be', () => {
  const { drawing, writes } = terminal();
  const wide = '☺️'.repeat(15);
  drawing.draw(['first', wide, '', '\u001b[32mlast\u001b[39m']);
  drawing.close();
  expect(writes.join('')).toContain(`first\n${wide}\n\n\u001b[32mlast\u001b[39m\n`);
});

it('lets the terminal cut what is too wide for it, as long as it is drawn on', () => {
  const { drawing, writes } = terminal();
  expect(writes.join('')).toContain('\u001b[?7l');
  drawing.close();
  expect(writes.at(-1)).toContain('\u001b[?7h');
});

it('leaves nothing in memory for a frame', () => {
  const { drawing } = terminal();
  for (let frame = 0; frame < 20; frame++) drawing.draw([`frame ${String(frame)}`]);
  expect(performance.getEntriesByType('measure')).toEqual([]);
  drawing.close();
});
