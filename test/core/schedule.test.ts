import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, it } from 'vitest';
import {
  dependencyProblems,
  filesOverlap,
  patternsOverlap,
  readinessOf,
  compareFor,
  compareTasks,
  rankOf,
  readyOrder,
  surroundingsOf,
} from '../../src/core/schedule.ts';
import type { Task } from '../../src/core/task.ts';

function task(id: string, parts: Partial<Task> = {}): Task {
  return {
    id,
    title: id,
    description: '',
    acceptance: [],
    files: [],
    dependsOn: [],
    priority: 0,
    record: {},
    ...parts,
  };
}

describe('the readiness of a task', () => {
  const around = surroundingsOf([task('busy', { files: ['src/**'] }), task('free')], (id) => id === 'done');

  it('waits for every dependency that is not complete', () => {
    expect(readinessOf(task('a', { dependsOn: ['done', 'b', 'busy'] }), around)).toEqual({
      kind: 'after',
      tasks: ['b', 'busy'],
    });
    expect(readinessOf(task('a', { dependsOn: ['done'] }), around)).toEqual({ kind: 'ready' });
  });

  it('waits for a current task with overlapping files', () => {
    expect(readinessOf(task('a', { files: ['docs', 'src/a.ts'] }), around)).toEqual({ kind: 'beside', task: 'busy' });
    expect(readinessOf(task('a', { files: ['docs'] }), around)).toEqual({ kind: 'ready' });
  });

  it('does not wait when it names no files', () => {
    expect(readinessOf(task('a'), around)).toEqual({ kind: 'ready' });
  });

  it('gives the order in which tasks are handed out', () => {
    const pending = [
      task('b'),
      task('a', { priority: 1 }),
      task('waits', { dependsOn: ['b'] }),
      task('B'),
      task('first', { priority: -0.5 }),
    ];
    expect(readyOrder(pending, around).map(({ id }) => id)).toEqual(['first', 'B', 'b', 'a']);
  });
});

describe('the order for a worker', () => {
  const session = (worker: string) => ({ session: { harness: 'codex', id: 'x', worker } });
  const orderFor = (worker: string, tasks: readonly Task[]) =>
    [...tasks].sort((a, b) => compareFor(worker)(rankOf(a), rankOf(b))).map(({ id }) => id);

  it('puts its own sessions first among equal priority, and those of others last', () => {
    const tasks = [
      task('a-theirs', { record: session('builders-2') }),
      task('b-new'),
      task('c-mine', { record: session('builders-1') }),
      task('d-urgent', { priority: -1 }),
      task('e-late-mine', { priority: 1, record: session('builders-1') }),
    ];
    expect(orderFor('builders-1', tasks)).toEqual(['d-urgent', 'c-mine', 'b-new', 'a-theirs', 'e-late-mine']);
    expect(orderFor('builders-2', tasks)).toEqual(['d-urgent', 'a-theirs', 'b-new', 'c-mine', 'e-late-mine']);
  });

  const worker = fc.constantFrom('builders-1', 'builders-2', 'gone-1');
  const anyTask = fc.record({ priority: fc.integer({ min: -1, max: 1 }), keeper: fc.option(worker) });
  const queue = fc
    .array(anyTask, { maxLength: 12 })
    .map((all) =>
      all.map(({ priority, keeper }, i) =>
        task(`t${String(i)}`, { priority, record: keeper === null ? {} : session(keeper) }),
      ),
    );

  it('starves nobody: whoever comes, as many claims as there are tasks take them all, urgent ones first', () => {
    fc.assert(
      fc.property(queue, fc.array(worker, { minLength: 12, maxLength: 12 }), (tasks, claimers) => {
        let left = tasks;
        const taken: Task[] = [];
        for (const by of claimers.slice(0, tasks.length)) {
          const [first] = [...left].sort((a, b) => compareFor(by)(rankOf(a), rankOf(b)));
          taken.push(first!);
          left = left.filter((each) => each !== first);
        }
        expect(left).toEqual([]);
        const priorities = taken.map(({ priority }) => priority);
        expect(priorities).toEqual([...priorities].sort((a, b) => a - b));
      }),
    );
  });

  it('passes a task of another session over only for tasks that are as urgent', () => {
    fc.assert(
      fc.property(queue, worker, (tasks, by) => {
        const order = [...tasks].sort((a, b) => compareFor(by)(rankOf(a), rankOf(b)));
        for (const [index, each] of order.entries()) {
          for (const later of order.slice(index + 1)) expect(later.priority).toBeGreaterThanOrEqual(each.priority);
        }
      }),
    );
  });

  it('is the listed order for tasks without a session, whoever asks', () => {
    fc.assert(
      fc.property(queue, worker, (tasks, by) => {
        const plain = tasks.filter(({ record }) => record.session === undefined);
        expect(orderFor(by, plain)).toEqual([...plain].sort(compareTasks).map(({ id }) => id));
      }),
    );
  });
});

describe('patterns', () => {
  it.each([
    ['src/a.ts', 'src/a.ts'],
    ['src', 'src/a.ts'],
    ['src/', './src/deep/a.ts'],
    ['src/**', 'src/deep/a.ts'],
    ['**/*.ts', 'src/a.ts'],
    ['src/*.ts', 'src/a*'],
    ['src/?.ts', 'src/a.ts'],
    ['src/{a,b}.ts', 'src/c.ts'],
    ['src/{a/b,c}/d', 'src/x/y'],
    ['src/[ab].ts', 'src/z.ts'],
    ['!docs/**', 'src/a.ts'],
    ['../other', 'src/a.ts'],
    ['**', 'anything'],
    ['a/**/z', 'a/b/c/z'],
    ['a/**/z', 'a/z'],
  ])('%s and %s overlap', (a, b) => {
    expect(patternsOverlap(a, b)).toBe(true);
    expect(patternsOverlap(b, a)).toBe(true);
  });

  it.each([
    ['src/a.ts', 'src/b.ts'],
    ['src', 'source/a.ts'],
    ['src/*.ts', 'src/*.css'],
    ['src/*.ts', 'src/deep/a.ts'],
    ['src/**/*.ts', 'docs/**/*.ts'],
    ['src/?.ts', 'src/ab.ts'],
  ])('%s and %s do not', (a, b) => {
    expect(patternsOverlap(a, b)).toBe(false);
    expect(patternsOverlap(b, a)).toBe(false);
  });

  it('overlap whenever both match some path', () => {
    const name = fc.constantFrom('a', 'b', 'ab', 'a.ts', '.x');
    const glob = fc.oneof(
      name,
      fc.constantFrom('*', '**', 'a*', '*.ts', '?', '{a,b}', '[ab]', '@(a|b)', '!(a)', '{a,**}'),
    );
    const pattern = fc.array(glob, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const matches = (each: string, one: string) => picomatch([each, `${each}/**`], { dot: true })(one);
    fc.assert(
      fc.property(pattern, pattern, path, (a, b, one) => {
        fc.pre(matches(a, one) && matches(b, one));
        expect(patternsOverlap(a, b)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('overlap in lists as soon as two of them do', () => {
    expect(filesOverlap(['a', 'b'], ['c', 'b/x'])).toBe(true);
    expect(filesOverlap(['a', 'b'], ['c'])).toBe(false);
    expect(filesOverlap([], ['c'])).toBe(false);
  });
});

describe('problems of dependencies', () => {
  const known = new Set(['a', 'b', 'c', 'd']);
  const problems = (edges: Readonly<Record<string, readonly string[]>>) =>
    dependencyProblems(
      Object.entries(edges).map(([id, dependsOn]) => task(id, { dependsOn })),
      known,
    );

  it('are dependencies on nothing', () => {
    expect(problems({ a: ['b', 'x'] })).toEqual([{ kind: 'dangling', task: 'a', dependency: 'x' }]);
  });

  it('are cycles, each named once, from the first of its tasks on', () => {
    expect(problems({ a: ['b'], b: ['c'], c: ['b'], d: ['d'] })).toEqual([
      { kind: 'cycle', tasks: ['b', 'c'] },
      { kind: 'cycle', tasks: ['d'] },
    ]);
  });

  it('are not shared dependencies', () => {
    expect(problems({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })).toEqual([]);
  });

  it('are found in chains of any length', () => {
    const ids = Array.from({ length: 50_000 }, (_, i) => `t${String(i)}`);
    const chain = ids.map((id, i) => task(id, { dependsOn: [ids[(i + 1) % ids.length]!] }));
    expect(dependencyProblems(chain, new Set(ids))).toEqual([{ kind: 'cycle', tasks: ids }]);
  });
});
