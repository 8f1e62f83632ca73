import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unreachable } from '../../../src/core/unreachable.ts';
import type { Claim } from '../../../src/core/task.ts';
import type { Queue } from '../../../src/queue/queue.ts';
import * as model from './model.ts';
import type { Model, ModelClaim, Step } from './model.ts';
import { other, owner } from './stage.ts';
import type { Backend, OpenBackend } from './stage.ts';

/** A slice of what QUEUE_SEQUENCES=10000 goes through; the seed can be given by QUEUE_SEED. */
const sequences = Number(process.env['QUEUE_SEQUENCES'] ?? 1000);
const seed = Number(process.env['QUEUE_SEED'] ?? 1);

/** Random sequences of everything that can happen, compared with a model step by step. */
export function describeSequences(openBackend: OpenBackend): void {
  describe('sequences', () => {
    it(
      `answer as the model does: ${String(sequences)} of them`,
      async () => {
        const steps = fc.array(anyStep, { minLength: 3, maxLength: 12, size: 'max' });
        await fc.assert(
          fc.asyncProperty(steps, (some) => perform(openBackend, [...opening, ...some])),
          { numRuns: sequences, seed },
        );
      },
      Math.max(120_000, sequences * 100),
    );
  });
}

/** Without a claim most steps do nothing. */
const opening: readonly Step[] = [
  { do: 'edit', id: 'a', priority: 0 },
  { do: 'claim', by: 0 },
];

const by = fc.constantFrom(0 as const, 1 as const);
const id = fc.constantFrom('a', 'b');
const nth = fc.nat({ max: 3 });
const kind = fc.constantFrom('complete' as const, 'release' as const, 'fail' as const, 'block' as const);

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('claim' as const), by }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('settle' as const), nth, kind, attempts: fc.nat({ max: 1 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('renew' as const, 'holds' as const, 'hold' as const), nth }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('adopt' as const), id, by }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('recover' as const), landed: id, dryRun: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('add' as const, 'requeue' as const, 'remove' as const), id }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('edit' as const), id, priority: fc.integer({ min: -1, max: 1 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const), part: fc.constantFrom(0.4, 1.2, -0.7) }) },
);

/** One sequence on its way: the queue and its model side by side. */
interface Course {
  readonly backend: Backend;
  readonly model: Model;
  clients: Queue[];
  readonly claims: { readonly real: Claim; readonly known: ModelClaim; readonly by: 0 | 1 }[];
  edits: number;
}

async function perform(openBackend: OpenBackend, steps: readonly Step[]): Promise<void> {
  const backend = await openBackend();
  const course: Course = {
    backend,
    model: { tasks: new Map(), notes: new Map(), now: 0 },
    clients: [],
    claims: [],
    edits: 0,
  };
  try {
    await renewClients(course);
    for (const step of steps) {
      await take(course, step);
      expect(await listed(course.clients[0]), JSON.stringify(step)).toEqual(expected(course.model));
    }
  } finally {
    for (const client of course.clients) client.close();
    await backend.close();
  }
}

const owners = [owner, other] as const;

async function take(course: Course, step: Step): Promise<void> {
  const queue = clientOf(course, 'by' in step ? step.by : 0);
  switch (step.do) {
    case 'claim': {
      const known = model.claim(course.model, owners[step.by]);
      sameClaim(course, step.by, await queue.claim(owners[step.by]), known);
      return;
    }
    case 'adopt': {
      const known = model.adopt(course.model, step.id, owners[step.by]);
      sameClaim(course, step.by, await queue.adopt(step.id, owners[step.by]), known);
      return;
    }
    case 'renew':
    case 'holds':
    case 'hold':
    case 'settle':
      return withClaim(course, step);
    case 'recover': {
      const landedCommit = (asked: string) => Promise.resolve(asked === step.landed ? 'abc' : undefined);
      const said = await queue.recover({ landedCommit, ...(step.dryRun && { dryRun: true }) });
      const inOrder = said.sort((a, b) => (a.id < b.id ? -1 : 1));
      expect(inOrder, JSON.stringify(step)).toEqual(model.recover(course.model, step.landed, step.dryRun));
      return;
    }
    case 'add': {
      const added = await queue.add({ id: step.id, text: 'title: New\n', record: {}, extension: '.yaml' });
      expect(added).toMatchObject({ kind: 'added', task: { id: model.add(course.model, step.id) } });
      return;
    }
    case 'requeue':
      expect(await queue.requeue(step.id, {})).toEqual(model.requeue(course.model, step.id));
      return;
    case 'remove': {
      const task = course.model.tasks.get(step.id);
      if (task === undefined) return;
      await course.backend.remove(task.state, `${step.id}.yaml`);
      course.model.tasks.delete(step.id);
      return renewClients(course);
    }
    case 'edit': {
      course.edits += 1;
      const change = { title: `Edit ${String(course.edits)}`, priority: step.priority };
      const state = model.edit(course.model, step.id, change);
      const text = `title: ${change.title}\npriority: ${String(change.priority)}\n`;
      await course.backend.write(state, `${step.id}.yaml`, text);
      return renewClients(course);
    }
    case 'pass':
      course.backend.pass(course.backend.leaseMs * step.part);
      course.model.now += step.part;
      return;
    default:
      unreachable(step);
  }
}

/** Claims that nobody has made can't be used: such a step does nothing. */
async function withClaim(
  course: Course,
  step: Extract<Step, { do: 'renew' | 'holds' | 'hold' | 'settle' }>,
): Promise<void> {
  const used = course.claims.at(-1 - step.nth);
  if (used === undefined) return;
  const { real, known } = used;
  const queue = clientOf(course, used.by);
  switch (step.do) {
    case 'renew':
      expect(await queue.renew(real)).toEqual(model.renew(course.model, known));
      return;
    case 'holds':
      expect(await queue.holds(real)).toBe(model.holds(course.model, known));
      return;
    case 'hold': {
      const record = { outcome: 'held', run: owners[used.by].run };
      expect(await queue.note(real, record)).toEqual(model.note(course.model, known, record));
      return;
    }
    case 'settle': {
      const record = { outcome: 'x', attempts: step.attempts };
      const answer = await queue.settle(real, { kind: step.kind, record });
      expect(answer, JSON.stringify(step)).toEqual(model.settle(course.model, known, step.kind, record));
      return;
    }
    default:
      unreachable(step);
  }
}

function sameClaim(
  course: Course,
  client: 0 | 1,
  result: Awaited<ReturnType<Queue['claim']>>,
  known: ModelClaim | undefined,
): void {
  if (known === undefined || result.kind !== 'claimed') {
    expect(result).toEqual({ kind: known === undefined ? 'dry' : 'claimed' });
    return;
  }
  const { title, priority, record } = course.model.tasks.get(known.id) ?? {};
  expect(result.claim.task).toMatchObject({ id: known.id, title, priority });
  expect(result.claim.task.record).toEqual(record);
  expect(result.claim.generation.n).toBe(known.n);
  course.claims.push({ real: result.claim, known, by: client });
}

async function listed(queue: Queue | undefined): Promise<unknown> {
  const { tasks, unreadable } = (await queue?.list()) ?? { tasks: [], unreadable: ['no client'] };
  const shown = tasks.map(({ state, task, owner: by }) => [state, task.id, task.title, task.priority, task.record, by]);
  return { tasks: sorted(shown), unreadable };
}

function expected({ tasks, notes }: Model): unknown {
  const shown = [...tasks].map(([name, { state, title, priority, record }]) => {
    const last = notes.get(name);
    return [state, name, title, priority, record, state === 'current' && last?.isOpen ? last.owner : undefined];
  });
  return { tasks: sorted(shown), unreadable: [] };
}

function sorted(rows: unknown[][]): unknown[][] {
  return rows.sort((a, b) => (String(a[1]) < String(b[1]) ? -1 : 1));
}

/** A client sees edits by hand a moment later; a new one sees them at once. */
async function renewClients(course: Course): Promise<void> {
  for (const client of course.clients) client.close();
  course.clients = [await course.backend.open(), await course.backend.open()];
}

function clientOf(course: Course, which: 0 | 1): Queue {
  const client = course.clients[which];
  if (client === undefined) throw new Error('both clients are open');
  return client;
}
