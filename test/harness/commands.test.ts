import { describe, expect, it } from 'vitest';
import { claude } from '../../src/harness/claude.ts';
import { codex } from '../../src/harness/codex.ts';
import { customHarness } from '../../src/harness/custom.ts';
import { gemini } from '../../src/harness/gemini.ts';
import type { Harness, TurnRequest } from '../../src/harness/harness.ts';
import { opencode } from '../../src/harness/opencode.ts';
import { builtInHarnesses, findHarness } from '../../src/harness/registry.ts';

const request: TurnRequest = {
  prompt: 'do "it" for $5\n',
  cwd: '/w',
  newSessionId: 'new-id',
  root: false,
  settings: {},
  promptFile: '/p.md',
};
const resumed: TurnRequest = { ...request, session: { id: 'old-id', totals: { input: 0, output: 0 } } };

const yolo = '--dangerously-bypass-approvals-and-sandbox';
const quiet = '-c check_for_update_on_startup=false';

describe('the command line', () => {
  it.each<[string, Harness, TurnRequest, string]>([
    ['opencode, new', opencode, request, 'opencode run --format json --dir /w --print-logs --log-level ERROR'],
    [
      'opencode, resumed',
      opencode,
      resumed,
      'opencode run --format json --dir /w --print-logs --log-level ERROR -s old-id',
    ],
    [
      'opencode, attached, with everything',
      opencode,
      { ...resumed, model: 'p/m', effort: 'high', settings: { attach: 'http://h', args: ['--pure'] } },
      'opencode run --format json --dir /w --print-logs --log-level ERROR --attach http://h -m p/m --variant high -s old-id --pure',
    ],
    [
      'claude, new',
      claude,
      { ...request, model: 'opus', effort: 'high' },
      'claude -p --output-format stream-json --verbose --session-id new-id --dangerously-skip-permissions --model opus --effort high',
    ],
    [
      'claude, resumed',
      claude,
      resumed,
      'claude -p --output-format stream-json --verbose --resume old-id --dangerously-skip-permissions',
    ],
    ['codex, new', codex, request, `codex exec --json --skip-git-repo-check ${yolo} ${quiet} -`],
    [
      'codex, resumed, with everything',
      codex,
      { ...resumed, model: 'gpt', effort: 'low', settings: { args: ['-c', 'a=b'] } },
      `codex exec resume --json --skip-git-repo-check ${yolo} -m gpt -c model_reasoning_effort=low ${quiet} -c a=b old-id -`,
    ],
    ['gemini, new', gemini, { ...request, model: 'pro' }, 'gemini -o stream-json -y -m pro --session-id new-id'],
    ['gemini, resumed', gemini, resumed, 'gemini -o stream-json -y --resume old-id'],
    ['a binary of the user', claude, { ...request, settings: { binary: '/opt/c' } }, '/opt/c -p'],
  ])('of %s', (_name, harness, given, expected) => {
    const { binary, args, stdin } = harness.command(given);
    expect(
      [binary, ...args].join(' ').slice(0, given.settings.binary === undefined ? undefined : expected.length),
    ).toBe(expected);
    expect(stdin).toBe(request.prompt);
  });

  it('never carries the prompt of a CLI that oompa knows', () => {
    for (const name of builtInHarnesses) {
      expect(findHarness(name, {})?.command(request).args).not.toContain(request.prompt);
    }
  });
});

describe('the environment that a CLI needs', () => {
  it('tells claude as root, and only then, that it may skip permissions', () => {
    expect(claude.command({ ...request, root: true }).env).toMatchObject({ IS_SANDBOX: '1' });
    expect(claude.command(request).env).not.toHaveProperty('IS_SANDBOX');
  });

  it('keeps opencode from asking for a permission that nobody can give', () => {
    expect(opencode.command(request).env).toMatchObject({ OPENCODE_PERMISSION: '{"external_directory":"deny"}' });
  });
});

describe('a CLI that the config declares', () => {
  const declared = { command: ['my-agent', '--json', '-m={model}'], output: 'text', prompt: 'stdin' } as const;

  it('gets its prompt on standard input', () => {
    expect(customHarness('mine', declared).command({ ...request, model: 'm', settings: { args: ['-x'] } })).toEqual({
      binary: 'my-agent',
      args: ['--json', '-m=m', '-x'],
      stdin: request.prompt,
      env: {},
    });
  });

  it('or as its last argument, or as a file', () => {
    const asArgument = customHarness('mine', { ...declared, command: ['a'], prompt: 'argument' }).command(request);
    expect(asArgument).toMatchObject({ args: [request.prompt], stdin: '' });
    const asFile = customHarness('mine', { ...declared, command: ['a'], prompt: 'file' }).command(request);
    expect(asFile).toMatchObject({ args: ['/p.md'], stdin: '' });
    const named = { ...declared, command: ['a', '--in={prompt_file}', '-v'], prompt: 'file' } as const;
    expect(customHarness('mine', named).command(request)).toMatchObject({ args: ['--in=/p.md', '-v'], stdin: '' });
  });

  it('is given the session to resume, and only then', () => {
    const harness = customHarness('mine', { ...declared, command: ['a'], resume: ['--resume={session}'] });
    expect(harness.command(resumed).args).toEqual(['--resume=old-id']);
    expect(harness.command(request).args).toEqual([]);
  });

  it('is not confused by a model that looks like a replacement pattern', () => {
    expect(customHarness('mine', declared).command({ ...request, model: "$&$'" }).args).toContain("-m=$&$'");
  });
});

describe('the registry', () => {
  it('knows its own CLIs and those that the config declares, and nothing else', () => {
    const mine = { command: ['my-agent'], prompt: 'stdin', output: 'claude' } as const;
    expect(builtInHarnesses).toEqual(['opencode', 'claude', 'codex', 'gemini']);
    expect(findHarness('mine', { mine })).toMatchObject({
      name: 'mine',
      binary: 'my-agent',
      cumulative: claude.cumulative,
    });
    expect(findHarness('other', { mine })).toBeUndefined();
    expect(findHarness('constructor', {})).toBeUndefined();
    expect(findHarness('claude', { claude: { binary: 'c' } })).toBe(claude);
  });
});
