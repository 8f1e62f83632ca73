import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FailureKind } from '../../src/core/failure.ts';
import { classify } from '../../src/harness/failure.ts';
import { emptyReading, type Harness } from '../../src/harness/harness.ts';
import { builtInHarnesses, findHarness } from '../../src/harness/registry.ts';

type Expected =
  { readonly message: string; readonly tokens: readonly [number, number] } | { readonly kind: FailureKind };

const plain = 'All is well.\n\nCOMPLETE_AND_READY_FOR_MERGE';

/** One table for all CLIs: what was recorded, and what oompa makes of it. */
const contract: Readonly<Record<string, Expected>> = {
  plain: { message: plain, tokens: [100, 20] },
  tool: { message: 'Both files are written.', tokens: [300, 60] },
  'tool-code-mode': { message: 'Both files are written.', tokens: [300, 60] },
  'tool-failed': { message: 'The command failed.', tokens: [200, 40] },
  resume: { message: 'This is turn 2.', tokens: [100, 20] },
  'unknown-session': { kind: 'session-gone' },
  empty: { kind: 'no-final-message' },
  '401': { kind: 'auth' },
  '404': { kind: 'model-unknown' },
  '429': { kind: 'rate-limited' },
  '500': { kind: 'overloaded' },
  context: { kind: 'context-full' },
  'no-credit': { kind: 'quota' },
  reset: { kind: 'network' },
  cut: { kind: 'network' },
};

/** Where a CLI is different, and right to be. */
const exceptions: Readonly<Record<string, Expected>> = {
  // A running total: the first turn of the thread had 100 and 20.
  'codex/resume': { message: 'This is turn 2.', tokens: [200, 40] },
  // opencode asks again until it gets an answer; the five that were broken off are not part of it.
  'opencode/cut': { message: 'At last.', tokens: [100, 20] },
};

/** The session that the recordings of an unknown one asked for. */
const unknownSession = '00000000-0000-4000-8000-000000000000';
const root = join(import.meta.dirname, 'recordings');

describe.each(builtInHarnesses)('the recordings of %s', (cli) => {
  const harness = findHarness(cli, {})!;
  const folder = join(root, cli);
  const cases = existsSync(folder)
    ? readdirSync(folder).flatMap((file) => (file.endsWith('.ndjson') ? [file.slice(0, -'.ndjson'.length)] : []))
    : [];

  it('cover the whole contract', () => {
    const missing = Object.keys(contract).filter((name) => name !== 'tool-code-mode' && !cases.includes(name));
    expect(missing).toEqual([]);
    expect(cases.filter((name) => !(name in contract))).toEqual([]);
  });

  it.each(cases)('%s', (name) => {
    const { ending, reading } = replay(harness, name);
    const expected = exceptions[`${cli}/${name}`] ?? contract[name]!;
    if ('kind' in expected) {
      expect(ending).toMatchObject({ kind: 'failed', failure: { kind: expected.kind } });
      return;
    }
    expect(ending).toEqual({ kind: 'answered', message: expected.message });
    expect([reading.usage.input, reading.usage.output]).toEqual(expected.tokens);
    expect(reading.session).toMatch(/./);
    expect(reading.failure).toBeUndefined();
  });

  it.each([
    ['plain', 0],
    ['tool', 2],
    ['tool-failed', 1],
  ])('show the tool calls of %s: %i', (name, tools) => {
    expect(replay(harness, name).reading.tools).toBe(tools);
  });

  it('never become a success when the end is missing', () => {
    const { ending } = replay(harness, 'plain', (lines) => lines.slice(0, -1));
    expect(ending.kind).toBe('failed');
  });

  it('never become a success when the CLI exits with a failure after all', () => {
    expect(replay(harness, 'plain', (lines) => lines, 1).ending.kind).toBe('failed');
  });
});

function replay(harness: Harness, name: string, edit = (lines: string[]) => lines, exit?: number) {
  const path = join(root, harness.name, name);
  const { exit: recordedExit, stderr } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as Sidecar;
  const lines = readFileSync(`${path}.ndjson`, 'utf8').trimEnd().split('\n');
  const exitCode = exit ?? recordedExit;
  const read = edit(lines).reduce((reading, line) => harness.read(reading, line), emptyReading);
  const reading = harness.end(read, exitCode);
  const resumed = name === 'unknown-session' ? { resumed: unknownSession } : {};
  const evidence = { reading, exitCode, stderrTail: stderr, binary: harness.binary, attached: false, ...resumed };
  return { reading, ending: classify(evidence) };
}

interface Sidecar {
  readonly exit: number;
  readonly stderr: string;
}
