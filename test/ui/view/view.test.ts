import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/ui/text.ts';
import { keyLine, keysPage } from '../../../src/ui/view/key-line.ts';
import { keysIn } from '../../../src/ui/view/keys.ts';
import type { Act, Surroundings, View } from '../../../src/ui/view/view.ts';
import { firstView, press, sameTop } from '../../../src/ui/view/view.ts';

const around: Surroundings = {
  place: 'watch',
  workers: ['a', 'b', 'c'],
  isLive: true,
  isDraining: false,
  lines: 100,
  room: 20,
};

/** Types what a terminal sends, and gives what became of the view and what was to be done. */
function typed(sent: string, differently: Partial<Surroundings> = {}): { view: View; acts: Act[] } {
  const acts: Act[] = [];
  let view = firstView;
  for (const key of keysIn(sent)) {
    const after = press(view, key, { ...around, ...differently });
    view = after.view;
    if (after.act !== undefined) acts.push(after.act);
  }
  return { view, acts };
}

const [up, down, pageUp, pageDown, home] = ['\u001b[A', '\u001bOB', '\u001b[5~', '\u001b[6~', '\u001b[H'];

describe('keys', () => {
  it('are told apart when they come in one piece, and what is none is passed over', () => {
    expect(keysIn(`j${up}\u001b[1;5C\r\u0003\u001b[200~ü\u0000`)).toEqual([
      { char: 'j' },
      'up',
      'enter',
      'interrupt',
      { char: 'ü' },
    ]);
  });

  it('choose a worker, and nobody before one was pressed', () => {
    expect(firstView.chosen).toBeUndefined();
    expect(typed(down).view.chosen).toBe('a');
    expect(typed(up).view.chosen).toBe('c');
    expect(typed(`${down}jj${down}`).view.chosen).toBe('c');
    expect(typed('jjk').view.chosen).toBe('a');
    expect(typed('j\u001b').view.chosen).toBeUndefined();
    expect(typed('j', { workers: [] }).view.chosen).toBeUndefined();
  });

  it('open a page of the chosen worker, or of the first, and close it the way they opened it', () => {
    expect(typed('jj\r').view).toMatchObject({ chosen: 'b', page: 'transcript', top: 'end' });
    expect(typed('d').view).toMatchObject({ chosen: 'a', page: 'diff', top: 0 });
    expect(typed('dr').view.page).toBe('reviews');
    for (const twice of ['\r\r', 'dd', 'rr', '??', 'd\u001b']) expect(typed(twice).view.page).toBeUndefined();
    expect(typed('r', { workers: [] }).view).toMatchObject({ page: undefined, notice: 'there is no worker yet' });
  });

  it('scroll a page, and follow again at its end', () => {
    expect(typed(`\r${up}`).view.top).toBe(79);
    expect(typed(`\r${up}${down}`).view.top).toBe('end');
    expect(typed(`\r${pageUp}${pageUp}`).view.top).toBe(40);
    expect(typed(`\r${home}`).view.top).toBe(0);
    expect(typed(`\rgk`).view.top).toBe(0);
    expect(typed(`\rgG`).view.top).toBe('end');
    expect(typed(`d${pageDown}`).view.top).toBe(20);
    expect(typed(`d${pageDown}`, { lines: 3 }).view.top).toBe('end');
  });

  it('leave a run that is watched as it is', () => {
    expect(typed('q').acts).toEqual(['leave']);
    expect(typed('\rq').acts).toEqual(['leave']);
    expect(typed('\u0003').acts).toEqual(['interrupt']);
  });

  it('stop a run that is watched only after a yes, first politely', () => {
    expect(typed('s').acts).toEqual([]);
    expect(typed('sn').acts).toEqual([]);
    expect(typed('s\u001by').acts).toEqual([]);
    expect(typed('sy').acts).toEqual(['drain']);
    expect(typed('sysy').acts).toEqual(['drain', 'stop-now']);
    expect(typed('sy', { isDraining: true }).acts).toEqual(['stop-now']);
    expect(typed('sy', { isLive: false }).acts).toEqual([]);
  });

  it("finish one's own run at once, and stop it only after a yes", () => {
    const own = { place: 'swarm' } as const;
    expect(typed('q', own).acts).toEqual(['drain']);
    expect(typed('qq', own)).toMatchObject({ acts: ['drain'], view: { asking: 'stop-now' } });
    expect(typed('qqy', own).acts).toEqual(['drain', 'stop-now']);
    expect(typed('qqnqy', own).acts).toEqual(['drain', 'stop-now']);
    expect(typed('qy', { ...own, isDraining: true }).acts).toEqual(['stop-now']);
    expect(typed('s', own).acts).toEqual([]);
  });

  it('suspend a view, and never a run', () => {
    expect(typed('s\u001a').acts).toEqual(['suspend']);
    expect(typed('\u001a', { place: 'swarm' })).toMatchObject({
      acts: [],
      view: { notice: 'ctrl-z does nothing to a run' },
    });
  });

  it("do not finish one's own run by leaving a page", () => {
    expect(typed('\rq', { place: 'swarm' })).toMatchObject({ acts: [], view: { page: undefined } });
  });
});

describe('a page that has changed', () => {
  it('stays at the lines that are read when others go at the beginning of the page, or come at its end', () => {
    const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `line ${String(from + n)}`);
    expect(sameTop(40, lines(0, 100), lines(0, 130))).toBe(40);
    expect(sameTop(40, lines(0, 100), ['title', ...lines(25, 130)])).toBe(16);
    expect(sameTop(98, lines(0, 100), lines(30, 130))).toBe(68);
    expect(sameTop(10, lines(0, 100), lines(60, 160))).toBe(10);
    expect(sameTop('end', lines(0, 100), lines(50, 150))).toBe('end');
    expect(sameTop(0, [], lines(0, 10))).toBe(0);
  });
});

describe('the line of keys', () => {
  const line = (sent: string, differently: Partial<Surroundings> = {}, columns = 80) =>
    keyLine(typed(sent, differently).view, { ...around, ...differently }, { columns, paint: (_, text) => text });

  it('names only keys that do something here', () => {
    expect(line('')).toBe('  ↑↓ worker   enter transcript   d diff   r reviews   s stop   q leave   ? keys');
    expect(line('', { isLive: false })).not.toContain('s stop');
    expect(line('', { workers: [], isLive: false })).toBe('  q leave   ? keys');
    expect(line('', { place: 'swarm' })).toBe(
      '  ↑↓ worker   enter transcript   d diff   r reviews   q finish and stop   ? keys',
    );
    expect(line('q', { place: 'swarm' })).toContain('   q stop now   ');
    expect(line('d', { place: 'swarm' })).toBe('  ↑↓ scroll   page up/down page   home end ends   esc back');
    expect(line('d', { place: 'swarm', lines: 3 })).toBe('  esc back');
  });

  it('asks before agents are ended', () => {
    expect(line('qq', { place: 'swarm' })).toBe('  stop now? agents are ended, their work is kept   y yes   n no');
  });

  it.each([20, 40, 60, 80])('fits %d columns, the way out last to go', (columns) => {
    expect(displayWidth(line('', {}, columns))).toBeLessThanOrEqual(columns);
    expect(line('', {}, columns)).toContain('q leave');
  });
});

describe('the page of keys', () => {
  it.each([
    [20, 'swarm'],
    [40, 'watch'],
    [79, 'swarm'],
    [80, 'watch'],
  ] as const)('fits %d columns, and leaves no word out', (columns, place) => {
    const words = (width: number) => keysPage({ place }, width).join(' ').split(/\s+/);
    expect(Math.max(...keysPage({ place }, columns).map(displayWidth))).toBeLessThanOrEqual(columns);
    expect(words(columns)).toEqual(words(1000));
  });
});
