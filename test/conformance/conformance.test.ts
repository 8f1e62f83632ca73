import { expect, test } from 'vitest';
import { describeWithCli } from '../rig/clis.ts';
import { casesOf } from './cases.ts';
import { everyCli } from './clis.ts';
import { play } from './play.ts';

/** A slice of `npm run conformance`: cases that are soon over and tell the most. */
const slice = ['401', '429-retry-after', 'hang', 'denied-permission', 'sigkill'];

for (const name of everyCli) {
  describeWithCli(name, `the real ${name} under the adapter of oompa`, (program) => {
    for (const title of slice) {
      const each = casesOf(name).get(title)!;
      if ('cannot' in each) throw new Error(`${name} can't be put into ${title}`);
      test.concurrent(title, { timeout: 330_000 }, async ({ signal }) => {
        const { problems } = await play({ name, program }, each, signal);
        expect(problems).toEqual([]);
      });
    }
  });
}
