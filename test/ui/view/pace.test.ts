import { expect, it } from 'vitest';
import { startPace } from '../../../src/ui/view/pace.ts';
import { exampleTime } from '../../rig/example-run.ts';
import { fakeClock } from '../fake-clock.ts';

function open(tick = 1000) {
  let drawn = 0;
  const clock = fakeClock(exampleTime(0));
  const pace = startPace(
    clock,
    () => drawn++,
    () => tick,
  );
  return { clock, pace, drawn: () => drawn };
}

it('draws four times a second at most, however much happens', () => {
  const { clock, pace, drawn } = open();
  for (let event = 0; event < 200; event++) {
    pace.changed();
    clock.pass(50);
  }
  expect(drawn()).toBe(40);
});

it.each([
  [1000, 10],
  [10_000, 1],
])('draws every %d ms when nothing happens', (tick, frames) => {
  const { clock, drawn } = open(tick);
  clock.pass(10_000);
  expect(drawn()).toBe(frames);
});

it('draws nothing while nothing happens to a run for which no time passes', () => {
  const { clock, pace, drawn } = open(Infinity);
  clock.pass(10_000);
  expect(drawn()).toBe(0);
  pace.changed();
  clock.pass(10_000);
  expect(drawn()).toBe(1);
});

it('draws what is new within a quarter of a second', () => {
  const { clock, pace, drawn } = open();
  pace.changed();
  expect(drawn()).toBe(0);
  clock.pass(250);
  expect(drawn()).toBe(1);
});

it('draws nothing after it was stopped', () => {
  const { clock, pace, drawn } = open();
  pace.changed();
  pace.stop();
  clock.pass(5000);
  expect(drawn()).toBe(0);
  expect(clock.running()).toBe(0);
});
