import { describe, expect, it, onTestFinished } from 'vitest';
import type { Claim } from '../../../src/core/task.ts';
import type { ClaimFence } from '../../../src/git/landing/fence.ts';
import { openFence } from '../../../src/git/landing/fence.ts';
import { moveMain } from '../../../src/git/landing/landing.ts';
import { openLandings } from '../../../src/git/landing/landings.ts';
import type { MoveResult } from '../../../src/git/landing/move-main.ts';
import { openObjectReader } from '../../../src/git/object-reader.ts';
import type { Refs } from '../../../src/git/refs.ts';
import { openRefs } from '../../../src/git/refs.ts';
import { openFileQueue } from '../../../src/queue/file/file-queue.ts';
import type { Queue, Recovered } from '../../../src/queue/queue.ts';
import type { Workshop } from '../workshop.ts';
import { workshop } from '../workshop.ts';

const leaseMs = 1_000_000;

/** A run as far as claims and landings go: its own queue, its own fence, its own git processes. */
interface Run {
  readonly queue: Queue;
  readonly fence: ClaimFence;
  readonly refs: Refs;
  claim(): Promise<Claim>;
  recover(): Promise<Recovered[]>;
  /** Lands an empty change for the claim; `meanwhile` happens between the check and the move. */
  land(claim: Claim, meanwhile?: () => Promise<void>): Promise<MoveResult>;
}

interface Yard {
  readonly shop: Workshop;
  readonly pass: (ms: number) => void;
  readonly open: () => Promise<Run>;
  /** Main's commits, newest first, by the first words of their subject. */
  readonly main: () => Promise<string[]>;
}

/** `isCheckedOut`: main is what the user's checkout is on, which lands in another way. */
async function yard(isCheckedOut: boolean): Promise<Yard> {
  const shop = await workshop({ 'a.txt': 'one\n', '.gitignore': '.oompa/\ntasks/\n' });
  if (!isCheckedOut) await shop.repo.git('switch', '-q', '-c', 'elsewhere');
  await shop.repo.write('tasks/pending/a.yaml', 'title: Do a\n');
  let passed = 0;
  const now = () => new Date(Date.now() + passed);
  return {
    shop,
    pass: (ms) => void (passed += ms),
    open: () => openRun(shop, now),
    main: async () => (await shop.repo.git('log', '--first-parent', '--format=%s', 'main')).split('\n'),
  };
}

async function openRun(shop: Workshop, now: () => Date): Promise<Run> {
  const { opened, repo } = shop;
  const refs = openRefs(repo.path);
  const objects = openObjectReader(repo.path);
  const fence = openFence({ repositoryRoot: repo.path, commonDir: opened.commonDir, objects, refs });
  const queue = await openFileQueue({ workspace: repo.path, fence, leaseMs, now });
  onTestFinished(async () => {
    queue.close();
    await Promise.all([fence.close(), objects.close(), refs.close()]);
  });
  return {
    queue,
    fence,
    refs,
    async claim() {
      const result = await queue.claim({ run: 'r', worker: 'w' });
      if (result.kind !== 'claimed') throw new Error(`nothing to claim: ${result.kind}`);
      return result.claim;
    },
    recover: () =>
      queue.recover({
        landedCommit: (task, generation) => openLandings(opened, objects).commitOf(task, generation?.n),
      }),
    async land({ task, generation }, meanwhile) {
      const from = await repo.git('rev-parse', 'main');
      const message = `${task.title}\n\nOompa-Task: ${task.id}\nOompa-Claim: ${String(generation.n)}\n`;
      const to = await repo.git('commit-tree', `${from}^{tree}`, '-p', from, '-m', message);
      const oid = fence.claimOid(task.id);
      const claim = oid === undefined ? undefined : { ref: fence.claimRef(task.id), oid };
      return moveMain(opened, { refs, branch: 'main', from, to, claim, intent: () => meanwhile?.() });
    },
  };
}

const stale = { kind: 'stale-claim' };
const live = [{ kind: 'live', id: 'a', owner: { run: 'r', worker: 'w' } }];

describe.each([
  ['checked out', true],
  ['checked out nowhere', false],
])('a lease and the fence of its claim, with main %s', (_where, isCheckedOut) => {
  it('let nobody land whose lease ran out and whose task was put back', async () => {
    const { pass, open, main } = await yard(isCheckedOut);
    const [sleeper, other] = [await open(), await open()];
    const claim = await sleeper.claim();
    pass(leaseMs);
    expect(await other.recover()).toEqual([{ kind: 'released', id: 'a' }]);
    expect(await sleeper.land(claim)).toEqual(stale);
    expect(await main()).toEqual(['first']);
  });

  it('let nobody land whose task another has claimed since; that one lands once', async () => {
    const { pass, open, main } = await yard(isCheckedOut);
    const [sleeper, other] = [await open(), await open()];
    const claim = await sleeper.claim();
    pass(leaseMs);
    await other.recover();
    const next = await other.claim();
    expect(await sleeper.land(claim)).toEqual(stale);
    expect(await sleeper.queue.settle(claim, { kind: 'complete', record: {} })).toEqual(stale);
    expect(await other.land(next)).toEqual({ kind: 'moved' });
    expect(await sleeper.land(claim)).toEqual(stale);
    expect(await other.queue.settle(next, { kind: 'complete', record: {} })).toEqual({ kind: 'settled' });
    expect(await main()).toEqual(['Do a', 'first']);
  });

  it('do not let a task be taken between the check and the move; the landing counts', async () => {
    const { shop, pass, open, main } = await yard(isCheckedOut);
    const [lander, other] = [await open(), await open()];
    const claim = await lander.claim();
    pass(leaseMs);
    const landed = await lander.land(claim, async () => {
      expect(await other.recover()).toEqual(live);
      expect(await other.queue.adopt('a', { run: 'x', worker: 'x' })).toEqual({ kind: 'dry' });
      expect(await other.queue.claim({ run: 'x', worker: 'x' })).toEqual({ kind: 'dry' });
    });
    expect(landed).toEqual({ kind: 'moved' });
    // It never came to settling: the next one finds out from main.
    const commit = await shop.repo.git('rev-parse', 'main');
    expect(await other.recover()).toEqual([{ kind: 'completed', id: 'a', commit }]);
    expect(await other.queue.claim({ run: 'x', worker: 'x' })).toEqual({ kind: 'dry' });
    expect(await main()).toEqual(['Do a', 'first']);
  });

  it('complete a task whose owner died between the move and settling, and hand it out no more', async () => {
    const { shop, pass, open } = await yard(isCheckedOut);
    const [lander, other] = [await open(), await open()];
    const claim = await lander.claim();
    await lander.land(claim);
    expect(await other.recover()).toEqual(live);
    pass(leaseMs);
    const commit = await shop.repo.git('rev-parse', 'main');
    expect(await other.recover()).toEqual([{ kind: 'completed', id: 'a', commit }]);
    expect(await lander.queue.settle(claim, { kind: 'complete', record: {} })).toEqual(stale);
    expect(await shop.repo.read('tasks/complete/a.yaml')).toContain(`commit: ${commit}\n`);
  });

  it('do not take the landing of an earlier claim for one of this', async () => {
    const { shop, pass, open } = await yard(isCheckedOut);
    const [first, second] = [await open(), await open()];
    const earlier = await first.claim();
    await first.land(earlier);
    await first.queue.settle(earlier, { kind: 'fail', record: {} });
    await first.queue.requeue('a', {});
    await second.claim();
    pass(leaseMs);
    expect(await first.recover()).toEqual([{ kind: 'released', id: 'a' }]);
    expect(await shop.repo.read('tasks/pending/a.yaml')).not.toContain('landed');
  });

  it('keep a claim whole whose owner was only late: renewed, it lands and settles', async () => {
    const { pass, open, main } = await yard(isCheckedOut);
    const run = await open();
    const claim = await run.claim();
    pass(3 * leaseMs);
    expect(await run.queue.renew(claim)).toEqual({ kind: 'settled' });
    expect(await run.land(claim)).toEqual({ kind: 'moved' });
    expect(await run.queue.settle(claim, { kind: 'complete', record: {} })).toEqual({ kind: 'settled' });
    expect(await main()).toEqual(['Do a', 'first']);
  });

  it('leave no fence behind', async () => {
    const { shop, pass, open } = await yard(isCheckedOut);
    const [run, other] = [await open(), await open()];
    const fences = () => shop.repo.git('for-each-ref', 'refs/oompa/claims/');
    await run.queue.settle(await run.claim(), { kind: 'release', record: {} });
    expect(await fences()).toBe('');
    await run.claim();
    pass(leaseMs);
    await other.recover();
    expect(await fences()).toBe('');
    const last = await other.claim();
    await other.land(last);
    await other.queue.settle(last, { kind: 'complete', record: {} });
    expect(await fences()).toBe('');
  });
});
