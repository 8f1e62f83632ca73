import { expect, it, onTestFinished } from 'vitest';
import { openLandings } from '../../../src/git/landing/landings.ts';
import { openObjectReader } from '../../../src/git/object-reader.ts';
import { workshop } from '../workshop.ts';

it('finds landings by task and claim, on the first-parent line of main only', async () => {
  const { repo, landings } = await opened();
  await repo.git('commit', '-q', '--allow-empty', '-m', landing('a', 1));
  const first = await repo.git('rev-parse', 'HEAD');
  await repo.git('commit', '-q', '--allow-empty', '-m', landing('a', 3));
  const third = await repo.git('rev-parse', 'HEAD');
  await repo.git('switch', '-q', '-c', 'side');
  await repo.git('commit', '-q', '--allow-empty', '-m', landing('forged', 1));
  await repo.git('switch', '-q', 'main');
  await repo.git('merge', '-q', '--no-ff', '-m', 'Merge', 'side');
  expect(await landings.commitOf('a')).toBe(third);
  expect(await landings.commitOf('a', 1)).toBe(first);
  expect(await landings.commitOf('a', 2)).toBeUndefined();
  expect(await landings.commitOf('forged', 1)).toBeUndefined();
  expect(await landings.commitOf('A')).toBeUndefined();
});

it('is not taken in by a message that only speaks of a trailer', async () => {
  const { repo, landings } = await opened();
  const message = 'On Oompa-Task: other\n\nOompa-Task: other is mentioned here.\n\nNo trailer.';
  await repo.git('commit', '-q', '--allow-empty', '-m', message);
  for (const id of ['other', 'other is mentioned here.']) expect(await landings.commitOf(id)).toBeUndefined();
});

it('sees what lands while it is open', async () => {
  const { repo, landings } = await opened();
  expect(await landings.commitOf('a', 1)).toBeUndefined();
  await repo.git('commit', '-q', '--allow-empty', '-m', landing('a', 1));
  expect(await landings.commitOf('a', 1)).toBe(await repo.git('rev-parse', 'HEAD'));
});

it('says that it does not know where main can not be read, and looks again', async () => {
  const { repo, landings } = await opened();
  await repo.git('commit', '-q', '--allow-empty', '-m', landing('a', 1));
  const tip = await repo.git('rev-parse', 'HEAD');
  await repo.git('update-ref', '-d', 'refs/heads/main');
  expect(await landings.commitOf('a', 1)).toEqual({ unknown: expect.stringContaining('gone') as string });
  await repo.git('update-ref', 'refs/heads/main', tip);
  expect(await landings.commitOf('a', 1)).toBe(tip);
});

async function opened() {
  const shop = await workshop();
  const objects = openObjectReader(shop.repo.path);
  onTestFinished(() => objects.close());
  return { repo: shop.repo, landings: openLandings(shop.opened, objects) };
}

function landing(task: string, claim: number): string {
  return `Land ${task}\n\nOompa-Task: ${task}\nOompa-Claim: ${String(claim)}`;
}
