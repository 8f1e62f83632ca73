import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { classify, type StopReason } from '../../src/harness/failure.ts';
import { emptyReading, type Harness } from '../../src/harness/harness.ts';
import { findHarness } from '../../src/harness/registry.ts';
import { usageOf } from '../../src/harness/settle.ts';
import { casesOf, unknownSession, usage, type Case } from '../conformance/cases.ts';
import { everyCli } from '../conformance/clis.ts';
import type { CliName } from '../rig/pinned-clis.ts';

const root = join(import.meta.dirname, 'recordings');

describe.each(everyCli)('the recordings of %s', (cli) => {
  const contract = [...casesOf(cli)].flatMap(([name, each]) =>
    'cannot' in each || each.atOnce !== undefined ? [] : [{ name, each }],
  );

  it('cover the whole contract, and nothing else', () => {
    const folder = join(root, cli);
    const recorded = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.ndjson')) : [];
    expect(recorded.sort()).toEqual(contract.map(({ name }) => `${name}.ndjson`).sort());
  });

  it.each(contract)('$name', ({ name, each }) => {
    const { ending, reading, used } = replay(cli, name);
    if (each.expected.kind !== 'answered') {
      expect(ending).toMatchObject({ kind: 'failed', failure: each.expected });
      return;
    }
    expect(ending).toEqual({ kind: 'answered', message: each.expected.message });
    expect([used.input, used.output]).toEqual(each.expected.tokens);
    expect(reading.session).toMatch(/./);
    expect(reading.failure).toBeUndefined();
  });

  it.each([
    ['plain', 0],
    ['tool', 2],
    ['tool-failed', 1],
  ])('show the tool calls of %s: %i', (name, tools) => {
    expect(replay(cli, name).reading.tools).toBe(tools);
  });

  it('never become a success when the end is missing', () => {
    const { ending } = replay(cli, 'plain', (lines) => lines.slice(0, -1));
    expect(ending.kind).toBe('failed');
  });

  it('never become a success when the CLI exits with a failure after all', () => {
    expect(replay(cli, 'plain', (lines) => lines, 1).ending.kind).toBe('failed');
  });
});

function replay(cli: CliName, name: string, edit = (lines: string[]) => lines, exit?: number) {
  const harness: Harness = findHarness(cli, {})!;
  const path = join(root, cli, name);
  const { exit: recordedExit, signal, stop, stderr } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Sidecar;
  const lines = readFileSync(`${path}.ndjson`, 'utf8').trimEnd().split('\n');
  const exitCode = exit ?? recordedExit ?? undefined;
  const read = edit(lines).reduce((reading, line) => harness.read(reading, line), emptyReading);
  const reading = harness.end(read, exitCode);
  const { session } = casesOf(cli).get(name) as Case;
  // The turn before had one answer.
  const before = session === 'resumed' ? { id: reading.session ?? '', totals: usage } : undefined;
  const evidence = {
    ...{ reading, stderrTail: stderr, binary: harness.binary, attached: false, nowMs: 0 },
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(stop === undefined ? {} : { stopReason: stop }),
    ...(session === 'unknown' ? { resumed: unknownSession(cli) } : {}),
  };
  return { reading, used: usageOf(reading, harness.cumulative, before), ending: classify(evidence) };
}

interface Sidecar {
  /** Null when a signal ended it. */
  readonly exit: number | null;
  readonly signal?: string;
  /** Why oompa ended it. */
  readonly stop?: StopReason;
  readonly stderr: string;
}
