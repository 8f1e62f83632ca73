import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { format, resolveConfig } from 'prettier';
import { describe, expect, test } from 'vitest';
import { eventFormat } from '../../src/core/event.ts';
import type { RunEvent } from '../../src/core/event.ts';
import { open, ready, review, reviewer } from '../engine/open.ts';
import { eventSchema } from '../rig/event-schema.ts';
import { exampleRun } from '../rig/example-run.ts';

const published = join(import.meta.dirname, '..', '..', 'schemas', 'events.schema.json');
const recording = join(import.meta.dirname, 'recordings', 'events-1.jsonl');

describe('the published schema of events', () => {
  test('is what the types and comments say; made anew with --update', async () => {
    const options = { ...(await resolveConfig(published)), parser: 'json' };
    await expect(await format(JSON.stringify(eventSchema()), options)).toMatchFileSnapshot(published);
  });

  test('says something about every event', () => {
    const silent = schema().oneOf.filter(({ description }) => description === undefined);
    expect(silent.map(({ title }) => title)).toEqual([]);
  });

  test('lets a reader find fields that a later version adds', () => {
    const [head] = exampleRun;
    expect(problems(schema(), [{ ...head, later: 1 }])).toEqual([]);
    expect(problems(schema(true), [{ ...head, later: 1 }])).not.toEqual([]);
  });

  test.each([
    ['a type that nobody knows', { type: 'run:sung' }],
    ['a field that is missing', { run: undefined }],
    ['a field of another type', { pending: '12' }],
    ['a time that is none', { at: 'yesterday' }],
  ])('refuses %s', (_what, wrong) => {
    expect(problems(schema(), [{ ...exampleRun[0], ...wrong }])).not.toEqual([]);
  });

  test('refuses a word that is not on a closed list', () => {
    const ended = exampleRun.find(({ type }) => type === 'iteration:ended');
    expect(problems(schema(), [{ ...ended, transition: 'vanish' }])).not.toEqual([]);
    expect(problems(schema(), [{ ...ended, outcome: { kind: 'vanished' } }])).not.toEqual([]);
  });
});

describe('fits the schema, field by field:', () => {
  test('the example of a run', () => {
    expect(problems(schema(true), exampleRun)).toEqual([]);
  });

  test('a real run with two rounds, a check, a landing, a question and a file that nobody can read', async () => {
    const world = await open({
      config: `workers: [{ name: builders, harness: opencode }]\nverify: ['true']\n${reviewer}`,
      tasks: { add: 'title: Add', ask: 'title: Ask', broken: 'title: [' },
    });
    const run = world.swarm({ json: true });
    const first = await world.agents.next();
    await first.run('echo a > a.txt');
    await first.answer(ready);
    await review(world, 'The end is missing.\nVERDICT: NEEDS_CHANGES');
    const second = await world.agents.next();
    await second.run('echo b >> a.txt');
    await second.answer(ready);
    await review(world, 'Fine.\nVERDICT: APPROVED');
    const asking = await world.agents.next();
    await asking.answer('NEEDS_INPUT: Which one?');
    expect(await run.exitCode).toBe(1);
    const expected = ['landing:landed', 'review:ended', 'task:unreadable', 'verify:ended'];
    expect(run.events.map(({ type }) => type)).toEqual(expect.arrayContaining(expected));
    expect(problems(schema(true), run.events)).toEqual([]);
  });
});

test(`a run that was recorded with version ${eventFormat} fits for as long as that is the number`, () => {
  const events = readFileSync(recording, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  expect(events.length).toBeGreaterThan(50);
  expect(problems(schema(), events)).toEqual([]);
});

interface Root {
  readonly oneOf: readonly { readonly title: string; readonly description?: string }[];
}

function schema(closed = false): Root {
  return eventSchema(closed) as unknown as Root;
}

/** What a validator says of these events; what it says of the whole is kept to the one event type that was meant. */
function problems(root: Root, events: readonly object[]): string[] {
  const validator = new Ajv({ allErrors: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/ } });
  const whole = validator.compile(root);
  return events.flatMap((event) => {
    if (whole(JSON.parse(JSON.stringify(event)))) return [];
    const type = 'type' in event ? String(event.type) : '';
    const index = root.oneOf.findIndex(({ title }) => title === type);
    const meant = (whole.errors ?? []).filter(({ schemaPath }) => schemaPath.startsWith(`#/oneOf/${String(index)}/`));
    return [`${type}: ${meant.map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`).join(', ')}`];
  });
}
