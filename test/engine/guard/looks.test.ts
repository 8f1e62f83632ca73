import { expect, test } from 'vitest';
import { shareLooks } from '../../../src/engine/guard/looks.ts';

/** Looks that end when the test says so; each gives its number. */
function openLooks() {
  const ends: (() => void)[] = [];
  let now = 0;
  const look = () => {
    const number = ends.length + 1;
    return new Promise<number>((resolve) => ends.push(() => resolve(number)));
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    looks: shareLooks(look, () => now),
    at: (time: number) => (now = time),
    begun: async () => {
      await settle();
      return ends.length;
    },
    end: (number: number) => ends[number - 1]?.(),
  };
}

test('one look is good for all who wait, and for whoever is content with one of its age', async () => {
  const { looks, at, begun, end } = openLooks();
  at(100);
  const [one, two] = [looks.since(100), looks.since(100)];
  expect(await begun()).toBe(1);
  end(1);
  expect(await Promise.all([one, two, looks.since(50)])).toEqual([1, 1, 1]);
  expect(await begun()).toBe(1);
});

test('a look that was begun too early is not good enough; the next one begins when it has ended', async () => {
  const { looks, at, begun, end } = openLooks();
  at(100);
  const early = looks.since(100);
  expect(await begun()).toBe(1);
  at(200);
  const later = looks.since(150);
  at(300);
  const alsoLater = looks.since(300);
  expect(await begun()).toBe(1);
  end(1);
  expect(await early).toBe(1);
  expect(await begun()).toBe(2);
  end(2);
  expect(await Promise.all([later, alsoLater])).toEqual([2, 2]);
});
