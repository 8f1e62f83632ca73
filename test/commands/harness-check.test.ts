import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { missingHarnesses, usersOf } from '../../src/commands/harness-check.ts';
import { cli, configOf, temporaryFolder } from './temporary.ts';

describe('missingHarnesses', () => {
  it('finds nothing missing when every program is on the PATH', () => {
    const folder = temporaryFolder({ 'bin/claude': cli('2'), 'bin/codex': cli('0.1') });
    const config = configOf({ workers: [{ name: 'a', harness: 'claude', fallback: [{ harness: 'codex' }] }] });
    expect(missingHarnesses(config, { PATH: join(folder, 'bin') })).toEqual([]);
  });

  it('names each missing program once, with all who need it and how to get it', () => {
    const config = configOf({
      workers: [
        { name: 'fast', harness: 'codex' },
        { name: 'slow', harness: 'codex', reviewer: { harness: 'codex' } },
      ],
    });
    expect(missingHarnesses(config, { PATH: temporaryFolder() })).toEqual([
      {
        harness: 'codex',
        cause: '`codex` is not on PATH',
        need: 'pool `fast` and pool `slow` and the reviewer need it',
        remedy: 'npm install -g @openai/codex',
        line: 'codex: `codex` is not on PATH, and pool `fast` and pool `slow` and the reviewer need it: npm install -g @openai/codex',
      },
    ]);
  });

  it('counts a fallback that is not there, because it is needed when it is too late to install it', () => {
    const folder = temporaryFolder({ 'bin/claude': cli('2') });
    const config = configOf({ workers: [{ name: 'a', harness: 'claude', fallback: [{ harness: 'gemini' }] }] });
    expect(names(missingHarnesses(config, { PATH: join(folder, 'bin') }))).toEqual(['gemini']);
  });

  it('looks on the PATH that the config gives the agent', () => {
    const folder = temporaryFolder({ 'bin/codex': cli('0.1') });
    const config = configOf({
      workers: [{ name: 'a', harness: 'codex' }],
      harnesses: { codex: { env: { PATH: join(folder, 'bin') } } },
    });
    expect(missingHarnesses(config, { PATH: temporaryFolder() })).toEqual([]);
  });

  it('takes the program that `binary` names instead of the usual one', () => {
    const folder = temporaryFolder({ 'bin/claude': cli('2'), 'bin/codex-next': cli('1') });
    const config = (binary: string) =>
      configOf({ workers: [{ name: 'a', harness: 'codex' }], harnesses: { codex: { binary } } });
    const env = { PATH: join(folder, 'bin') };
    expect(missingHarnesses(config('codex-next'), env)).toEqual([]);
    expect(missingHarnesses(config(join(folder, 'bin', 'codex-next')), env)).toEqual([]);
    expect(missingHarnesses(config('codex-old'), env)[0]).toMatchObject({
      cause: '`codex-old` is not on PATH',
      remedy: 'correct harnesses.codex.binary, or install it there',
    });
  });

  it('finds a relative program from the workspace, wherever oompa was started', () => {
    const workspace = temporaryFolder({ 'bin/agent': cli('1'), 'notes/agent': 'not a program' });
    const config = (program: string) =>
      configOf({
        workers: [{ name: 'a', harness: 'mine' }],
        harnesses: { mine: { command: [program, '--json'], prompt: 'stdin', output: 'text' } },
      });
    expect(missingHarnesses(config('./bin/agent'), {}, workspace)).toEqual([]);
    expect(missingHarnesses(config('bin/agent'), {}, workspace)).toEqual([]);
    expect(missingHarnesses(config('./notes/agent'), {}, workspace)[0]).toMatchObject({
      cause: '`./notes/agent` is not a program',
      remedy: 'correct harnesses.mine.command, or make it executable',
    });
  });

  it('says that `~` stays as it is', () => {
    const home = temporaryFolder({ 'bin/agent': cli('1') });
    const config = configOf({
      workers: [{ name: 'a', harness: 'mine' }],
      harnesses: { mine: { command: ['~/bin/agent'], prompt: 'stdin', output: 'text' } },
    });
    expect(missingHarnesses(config, { HOME: home })[0]?.remedy).toBe(
      'write the whole path instead of `~` in harnesses.mine.command',
    );
  });
});

describe('usersOf', () => {
  it('knows pools, reviewers, the planner and their fallbacks, and leaves out who reviews nobody', () => {
    const config = configOf({
      planner: { harness: 'gemini', fallback: [{ harness: 'claude' }] },
      workers: [{ name: 'a', harness: 'codex', reviewer: 'none' }],
      reviewer: { harness: 'opencode' },
    });
    expect(Object.fromEntries(usersOf(config))).toEqual({
      codex: ['pool `a`'],
      gemini: ['the planner'],
      claude: ['the planner'],
    });
  });
});

function names(missing: readonly { readonly harness: string }[]): string[] {
  return missing.map(({ harness }) => harness);
}
