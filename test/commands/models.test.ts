import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { models } from '../../src/commands/models.ts';
import type { ModelsOptions } from '../../src/commands/models.ts';
import type { Models } from '../../src/ui/models.ts';
import { describeWithCli } from '../rig/clis.ts';
import { startFakeAgents } from '../rig/fake-agent.ts';
import { git, temporaryFolder, temporaryRepository, testIo } from './temporary.ts';

describe('oompa models', () => {
  it('says what each CLI offers, by provider, with what the config uses first', async () => {
    const root = temporaryRepository({
      'oompa.config.yaml': [
        'planner: {harness: claude, model: opus}',
        'workers:',
        '  - {name: a, harness: opencode, model: deep/small, reviewer: {harness: claude, model: sonnet}}',
        '  - {name: b, harness: codex, reviewer: {harness: mine}}',
        'harnesses: {mine: {command: [sh, x], prompt: stdin, output: text}}',
      ].join('\n'),
    });
    expect(await say(root, {}, clis)).toEqual({
      code: 0,
      err: '',
      out: [
        'opencode  4 models',
        '  anthropic     1  claude-opus',
        '  deep          3  *small, large, huge/one',
        "claude    can't list its models; the config uses opus, sonnet",
        'codex     2 models',
        '     2  gpt-6, gpt-6-mini',
        "mine      can't list its models; the config uses its default",
        '* = the config uses it',
        'All of one CLI, or some: oompa models opencode [part of a name]',
        '',
      ].join('\n'),
    });
    expect(git(root, 'status', '--short', '--ignored')).toBe('');
  });

  it('gives one CLI a line a model, and only those with a part of the name when one is given', async () => {
    const root = temporaryRepository({ 'oompa.config.yaml': 'workers: [{name: a, harness: codex, model: gpt-6}]\n' });
    expect((await say(root, { harness: 'codex' }, clis)).out).toBe(
      'codex  2 models\n  * gpt-6\n    gpt-6-mini\n* = the config uses it\n',
    );
    expect((await say(root, { harness: 'codex', filter: 'MINI' }, clis)).out).toBe('codex  1 model\n    gpt-6-mini\n');
  });

  it('points out a model of the config that its CLI does not list, with the nearest one', async () => {
    const root = temporaryRepository({
      'oompa.config.yaml':
        'workers: [{name: a, harness: opencode, model: deep/smal, fallback: [{harness: codex, model: o1}]}]\n',
    });
    const { code, out } = await say(root, {}, clis);
    expect(code).toBe(1);
    expect(out).toContain(
      'the config uses `deep/smal`, which opencode does not list; did you mean\n`deep/small`?\n' +
        'the config uses `o1`, which codex does not list\n',
    );
  });

  it('shows 500 models on a screen that keeps to its width', async () => {
    const many = Array.from({ length: 500 }, (_, n) => `provider-${n % 9}/model-with-a-name-${n}`).join('\n');
    const root = temporaryRepository({ 'oompa.config.yaml': 'workers: [{name: a, harness: opencode}]\n' });
    const { out } = await say(root, {}, { opencode: `cat <<'END'\n${many}\nEND` });
    const lines = out.split('\n');
    expect(lines[0]).toBe('opencode  500 models');
    expect(lines[1]).toMatch(/^ {2}provider-0 {4}56 {2}model-with-a-name-0, .*…$/);
    expect(lines.slice(0, 10).every((line) => line.length <= 80)).toBe(true);
    expect(lines).toHaveLength(12);
  });

  it('lets a broken CLI stop nobody, and says what is wrong with it', async () => {
    const root = temporaryRepository({
      'oompa.config.yaml': 'workers: [{name: a, harness: codex, fallback: [{harness: opencode}, {harness: gemini}]}]\n',
    });
    const { code, out } = await say(root, {}, { ...clis, opencode: 'echo "no such database" >&2; exit 1' });
    expect(code).toBe(1);
    expect(out).toContain('opencode  opencode models failed: no such database\n');
    expect(out).toContain('codex     2 models\n');
    expect(out).toContain('gemini    is not installed; the config uses its default\n');
    const changed = await say(root, { harness: 'codex' }, { codex: 'echo "[]"' });
    expect(changed.out).toContain('codex debug models gave an answer that this version does not understand');
  });

  it('works without a workspace, and with a config that is broken', async () => {
    expect(await say(temporaryFolder(), {}, clis)).toMatchObject({ code: 0, err: '' });
    const broken = temporaryRepository({ 'oompa.config.yaml': 'workers: many\n' });
    expect(await say(broken, {}, clis)).toMatchObject({
      code: 0,
      err: 'oompa.config.yaml has problems, so nothing of it is marked here. See them with: oompa doctor\n',
    });
  });

  it('guesses which CLI was meant', async () => {
    expect(await say(temporaryFolder(), { harness: 'opencod' }, clis)).toMatchObject({
      code: 2,
      err: 'There is no agent CLI `opencod`; did you mean `opencode`? See all with: oompa models\n',
    });
  });

  it('gives the same as data', async () => {
    const root = temporaryRepository({ 'oompa.config.yaml': 'workers: [{name: a, harness: codex, model: gpt6}]\n' });
    const { out } = await say(root, { harness: 'codex', json: true }, clis);
    expect(JSON.parse(out)).toEqual({
      harnesses: [
        {
          ...{ harness: 'codex', used: true, usedModels: ['gpt6'] },
          offer: { kind: 'listed', models: ['gpt-6', 'gpt-6-mini'] },
        },
      ],
      unlisted: [{ harness: 'codex', model: 'gpt6', meant: 'gpt-6' }],
    } satisfies Models);
  });

  it('ends at once on Ctrl-C, and leaves no process and no folder', async () => {
    const agents = await startFakeAgents(['opencode']);
    onTestFinished(() => agents.close());
    let stop: () => void = () => undefined;
    const { io, printed } = testIo(temporaryFolder(), { env: { ...agents.env } });
    const ended = models({ harness: 'opencode' }, { ...io, onStop: (listener) => (stop = () => listener('polite')) });
    const agent = await agents.next();
    expect(agent.argv).toEqual(['models']);
    const left = await agent.linger({ ownSession: true });
    stop();
    expect(await ended).toBe(130);
    await Promise.all([agent.gone, left.gone]);
    expect(existsSync(dirname(agent.cwd))).toBe(false);
    expect(printed.stdout).toBe('');
  });
});

describeWithCli('opencode', 'the real opencode', (program) => {
  it('lists its models without a network', async () => {
    const home = temporaryFolder();
    const { io, printed } = testIo(temporaryFolder(), {
      env: { PATH: pathWith(program), HOME: home, OPENCODE_DISABLE_MODELS_FETCH: '1', ...unreachable },
    });
    expect(await models({ harness: 'opencode', json: true }, io)).toBe(0);
    const [found] = (JSON.parse(printed.stdout) as Models).harnesses;
    expect(found?.offer).toMatchObject({ kind: 'listed' });
    expect(printed.stdout).toMatch(/"opencode\/[\w.-]+"/);
  });
});

describeWithCli('codex', 'the real codex', (program) => {
  it('lists its models without a network', async () => {
    const { io, printed } = testIo(temporaryFolder(), { env: { PATH: pathWith(program), ...unreachable } });
    expect(await models({ harness: 'codex' }, io)).toBe(0);
    expect(printed.stdout).toMatch(/^codex {2}\d+ models\n {4}gpt-/);
  });
});

/** What the CLIs print when they are asked as the real ones are (opencode 1.18.33, codex 0.169.0). */
const clis = {
  opencode: '[ "$*" = models ] && printf "anthropic/claude-opus\\ndeep/large\\ndeep/small\\ndeep/huge/one\\n"',
  codex: `[ "$*" = "debug models" ] && echo '${JSON.stringify({
    models: [
      { slug: 'gpt-6', visibility: 'list' },
      { slug: 'gpt-6-mini', visibility: 'list' },
      { slug: 'codex-hidden', visibility: 'hide' },
    ],
  })}'`,
  claude: 'exit 9',
};

const unreachable = { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' };

function pathWith(program: string): string {
  return [dirname(program), dirname(process.execPath), '/usr/bin', '/bin'].join(':');
}

/** What the command says in `folder` where these programs are all that is installed besides mine. */
async function say(folder: string, options: ModelsOptions, programs: Readonly<Record<string, string>>) {
  const files = Object.entries(programs).map(([name, script]) => [`bin/${name}`, `#!/bin/sh\n${script}\n`]);
  const bin = join(temporaryFolder(Object.fromEntries(files) as Record<string, string>), 'bin');
  const { io, printed } = testIo(folder, { env: { PATH: `${bin}:/usr/bin:/bin` } });
  const code = await models(options, io);
  return { code, out: printed.stdout, err: printed.stderr };
}
