import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { liveReporter } from '../../../src/ui/view/live-reporter.ts';
import { at, exampleRun, exampleTime, exampleUntil } from '../../rig/example-run.ts';
import { fakeClock } from '../fake-clock.ts';

describe('the reporter on a terminal', () => {
  /** A terminal that remembers what was written to it. */
  function terminal() {
    const writes: string[] = [];
    const write = (text: string) => writes.push(text) > 0;
    const stdout = Object.assign(new EventEmitter(), { columns: 80, rows: 40, isTTY: true, write });
    return { writes, stdout: stdout as unknown as NodeJS.WriteStream };
  }

  it('draws nothing before the first event', () => {
    const { writes, stdout } = terminal();
    const clock = fakeClock(exampleTime(0));
    liveReporter({ stdout, color: false, folder: 'runs/x', clock });
    clock.pass(5000);
    expect(writes).toEqual([]);
    expect(clock.running()).toBe(0);
  });

  it('leaves its last frame, and prints the summary under it', async () => {
    const { writes, stdout } = terminal();
    const clock = fakeClock(exampleTime(0));
    const reporter = liveReporter({ stdout, color: false, folder: 'runs/x', clock });
    for (const event of exampleRun) reporter.event(event);
    clock.pass(1_500_000);
    await reporter.end();
    const text = writes.join('');
    const lastFrame = text.lastIndexOf('oompa  run 20261120T140159-k3f9');
    expect(text.indexOf('1 of 5 tasks failed', lastFrame)).toBeGreaterThan(lastFrame);
    expect(clock.running()).toBe(0);
  });

  it('writes nothing when there was no run', async () => {
    const { writes, stdout } = terminal();
    await liveReporter({ stdout, color: false, folder: 'runs/x' }).end();
    expect(writes).toEqual([]);
  });

  it('rings when something first needs a person, and at the end', async () => {
    const { writes, stdout } = terminal();
    const reporter = liveReporter({ stdout, color: false, folder: 'runs/x', clock: fakeClock(exampleTime(0)) });
    const rings = exampleRun.flatMap((event) => {
      const before = writes.length;
      reporter.event(event);
      return writes.slice(before).includes('\u0007') ? [event.type] : [];
    });
    await reporter.end();
    expect(rings).toEqual(['iteration:ended', 'run:ended']);
  });

  it('rings no bell where none is wanted', async () => {
    const { writes, stdout } = terminal();
    const clock = fakeClock(exampleTime(0));
    const reporter = liveReporter({ stdout, color: false, folder: 'runs/x', clock, bell: false });
    for (const event of exampleRun) reporter.event(event);
    await reporter.end();
    expect(writes.join('')).not.toContain('\u0007');
  });

  it('goes on as plain lines when the terminal can not be drawn on any more', async () => {
    const { writes, stdout } = terminal();
    const clock = fakeClock(exampleTime(0));
    const reporter = liveReporter({ stdout, color: false, folder: 'runs/x', clock });
    for (const event of exampleUntil(43)) reporter.event(event);
    const broken = {
      get: (): number => {
        throw new Error('no size');
      },
    };
    Object.defineProperty(stdout, 'columns', broken);
    clock.pass(1000);
    await new Promise(setImmediate);
    Object.defineProperty(stdout, 'columns', { value: 80 });
    const before = writes.length;
    reporter.event(at(43, { type: 'problem:seen', message: 'the disk is nearly full' }));
    for (const event of exampleRun.slice(exampleUntil(43).length)) reporter.event(event);
    await reporter.end();
    expect(writes.join('')).toContain('The live view failed: no size\n');
    expect(writes.slice(before).join('')).toContain('14:02:42 problem the disk is nearly full\n');
    expect(writes.join('')).toContain('1 of 5 tasks failed');
  });
});
