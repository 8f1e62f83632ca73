import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema, jsonSchema, reviewerOf } from '../../src/config/schema.ts';
import { block, knownHarnesses, loaded } from './workspace.ts';

const files = { 'prompts/planner.md': 'plan', 'prompts/worker.md': 'work', 'prompts/reviewer.md': 'review' };

/** The example of the design, with its gaps filled. */
const example = block`
  branch: main
  planner:
    harness: claude
    model: opus
    prompts: [prompts/planner.md]
    max_pending: 12
  workers:
    - name: builders
      count: 3
      harness: opencode
      model: provider/model
      effort: medium
      prompts: [prompts/worker.md]
      can_plan: true
      iterations: 20
      limits: {max_tokens: 5000, hard: true}
      fallback: [{harness: codex, model: gpt}]
      reviewer:
        harness: claude
        model: sonnet
        prompts: prompts/reviewer.md
        max_rounds: 4
        fallback: [{harness: my-agent}]
    - {name: fast, harness: my-agent, reviewer: none}
  reviewer: {harness: codex}
  setup: [npm ci, {run: make, when: Makefile}]
  worktree: {reuse: false, clean: all, copy: [.env.local], link: vendor}
  verify: npm test
  limits: {turn_timeout: 1h30m, silence: 90 s, max_turns: 4, attempts: 1, verify_timeout: 250ms, verify_slots: 2, setup_timeout: 1.5m, lease: 30s, free_disk: 2GB, file: 5MB, output: 1.5 MB, max_cost_usd: 2.5, max_tokens: 1000000, max_runtime: 8h, hard: true, task: {max_cost_usd: 1, max_runtime: 1h}, turn: {max_tokens: 9}}
  retry: {backoff: [1s], patience: 2m, outage: 1h}
  prices: {gpt: {input: 1.25, cached_input: 0.125, output: 10}}
  sandbox: {use: bwrap, network: false}
  merge: {strategy: squash}
  protect: [oompa.config.yaml, .github/**]
  notify: [{run: ./tell-me.sh, on: failed}]
  runs: {keep: 20}
  harnesses:
    opencode: {attach: "http://127.0.0.1:4096", serve: managed, concurrency: 4, state: user}
    claude: {binary: /opt/claude, env: {ANTHROPIC_BASE_URL: "http://127.0.0.1:1"}, args: [--strict-mcp-config]}
    my-agent: {command: [my-agent, --json], prompt: stdin, output: text, resume: [--resume, "{session}"]}
  `;

describe('the config', () => {
  it('has every key of the design, with times in ms, sizes in bytes and lists where one or many may stand', async () => {
    const { config } = await loaded(example, files);
    expect(config).toEqual({
      branch: 'main',
      planner: { harness: 'claude', model: 'opus', prompts: ['prompts/planner.md'], max_pending: 12, fallback: [] },
      workers: [
        {
          name: 'builders',
          count: 3,
          harness: 'opencode',
          model: 'provider/model',
          effort: 'medium',
          prompts: ['prompts/worker.md'],
          can_plan: true,
          iterations: 20,
          limits: { max_tokens: 5000, hard: true },
          fallback: [{ harness: 'codex', model: 'gpt' }],
          reviewer: {
            harness: 'claude',
            model: 'sonnet',
            prompts: ['prompts/reviewer.md'],
            max_rounds: 4,
            fallback: [{ harness: 'my-agent' }],
          },
        },
        { name: 'fast', count: 1, harness: 'my-agent', prompts: [], can_plan: false, fallback: [], reviewer: 'none' },
      ],
      reviewer: { harness: 'codex', prompts: [], max_rounds: 3, fallback: [] },
      setup: [
        { run: 'npm ci', when: [] },
        { run: 'make', when: ['Makefile'] },
      ],
      worktree: { reuse: false, clean: 'all', copy: ['.env.local'], link: ['vendor'] },
      verify: ['npm test'],
      limits: {
        turn_timeout: 5_400_000,
        silence: 90_000,
        max_turns: 4,
        attempts: 1,
        verify_timeout: 250,
        verify_slots: 2,
        setup_timeout: 90_000,
        lease: 30_000,
        free_disk: 2_000_000_000,
        file: 5_000_000,
        output: 1_500_000,
        max_cost_usd: 2.5,
        max_tokens: 1_000_000,
        max_runtime: 28_800_000,
        hard: true,
        task: { max_cost_usd: 1, max_runtime: 3_600_000 },
        turn: { max_tokens: 9 },
      },
      retry: { backoff: [1000], patience: 120_000, outage: 3_600_000 },
      prices: { gpt: { input: 1.25, cached_input: 0.125, output: 10 } },
      sandbox: { use: 'bwrap', network: false },
      merge: { strategy: 'squash' },
      protect: ['oompa.config.yaml', '.github/**'],
      runs: { keep: 20 },
      notify: [{ kind: 'command', on: ['failed'], command: './tell-me.sh', timeout: 10_000 }],
      harnesses: {
        opencode: {
          kind: 'built-in',
          args: [],
          env: {},
          attach: 'http://127.0.0.1:4096',
          serve: 'managed',
          concurrency: 4,
          state: 'user',
        },
        claude: {
          kind: 'built-in',
          binary: '/opt/claude',
          args: ['--strict-mcp-config'],
          env: { ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' },
        },
        'my-agent': {
          kind: 'declared',
          command: ['my-agent', '--json'],
          prompt: 'stdin',
          output: 'text',
          resume: ['--resume', '{session}'],
          args: [],
          env: {},
        },
      },
    });
  });

  it('needs no more than a pool with a name and a harness; every limit but money, tokens and the run has a default (P10)', async () => {
    const { config } = await loaded('workers: [{name: a, harness: codex}]');
    expect(config).toStrictEqual({
      workers: [{ name: 'a', count: 1, harness: 'codex', prompts: [], can_plan: false, fallback: [] }],
      setup: [],
      worktree: { reuse: true, clean: 'tracked', copy: [], link: [] },
      verify: [],
      limits: {
        turn_timeout: 1_800_000,
        silence: 300_000,
        max_turns: 8,
        attempts: 3,
        verify_timeout: 900_000,
        setup_timeout: 900_000,
        lease: 60_000,
        free_disk: 1_000_000_000,
        file: 100_000_000,
        output: 100_000_000,
      },
      retry: { backoff: [5000, 30_000], patience: 60_000, outage: 7_200_000 },
      prices: {},
      sandbox: { use: 'none', network: true },
      merge: { strategy: 'merge' },
      protect: ['oompa.config.yaml'],
      runs: { keep: 50 },
      notify: [],
      harnesses: {},
    });
  });

  it('fills in the defaults of a planner and a reviewer', async () => {
    const { config } = await loaded(
      'planner: {harness: codex}\nreviewer: {harness: codex}\nworkers: [{name: a, harness: codex}]',
    );
    expect(config.planner).toStrictEqual({ harness: 'codex', prompts: [], max_pending: 10, fallback: [] });
    expect(config.reviewer).toStrictEqual({ harness: 'codex', prompts: [], max_rounds: 3, fallback: [] });
  });

  it.each([
    ['5 s', 5000],
    ['250ms', 250],
    [' 1h 30m ', 5_400_000],
    ['1.5h', 5_400_000],
    ['596h', 2_145_600_000],
  ])('reads the time %j as %i ms, which a timer can wait', async (written, ms) => {
    const { config } = await loaded(`workers: [{name: a, harness: codex}]\nlimits: {silence: "${written}"}`);
    expect(config.limits.silence).toBe(ms);
    expect(ms).toBeLessThan(2 ** 31);
  });

  it.each([
    ['500kB', 500_000],
    ['10 MB', 10_000_000],
    ['2GB', 2_000_000_000],
  ])('reads the size %j as %i bytes', async (written, bytes) => {
    const { config } = await loaded(`workers: [{name: a, harness: codex}]\nlimits: {output: "${written}"}`);
    expect(config.limits.output).toBe(bytes);
  });
});

describe('reviewerOf', () => {
  it('is the reviewer of the pool, else the one for all, and nobody for none', async () => {
    const { config } = await loaded(block`
      reviewer: {harness: codex}
      workers:
        - {name: own, harness: codex, reviewer: {harness: claude}}
        - {name: default, harness: codex}
        - {name: unreviewed, harness: codex, reviewer: none}
      `);
    expect(config.workers.map((pool) => reviewerOf(config, pool)?.harness)).toEqual(['claude', 'codex', undefined]);
  });

  it('is nobody where the config names no reviewer', async () => {
    const { config } = await loaded('workers: [{name: a, harness: codex}]');
    expect(reviewerOf(config, config.workers[0]!)).toBeUndefined();
  });
});

describe('the JSON Schema', () => {
  const written = jsonSchema(knownHarnesses);
  const readBack = z.fromJSONSchema(JSON.parse(JSON.stringify(written)) as z.core.JSONSchema.BaseSchema);

  it('accepts what the config accepts', () => {
    expect(readBack.safeParse(parse(example)).error).toBeUndefined();
    expect(readBack.safeParse({ workers: [{ name: 'a', harness: 'codex' }] }).error).toBeUndefined();
  });

  it.each([
    ['an unknown key', { wokers: [] }],
    ['an unknown key in a pool', { workers: [{ name: 'a', harness: 'codex', modle: 'x' }] }],
    ['a missing harness', { workers: [{ name: 'a' }] }],
    ['a count of 0', { workers: [{ name: 'a', harness: 'codex', count: 0 }] }],
    ['a time without a unit', { limits: { silence: '5' } }],
    ['a price without its half', { prices: { gpt: { input: 1 } } }],
    ['an unknown sandbox', { sandbox: 'docker' }],
    ['a budget of nothing', { limits: { task: { max_tokens: 0 } } }],
    ['a server for a CLI that has none', { harnesses: { codex: { serve: 'managed' } } }],
    ['an unknown strategy', { merge: { strategy: 'rebase' } }],
    ['a declared harness without a command', { harnesses: { mine: { prompt: 'stdin', output: 'text' } } }],
    ['an address for a CLI that cannot attach', { harnesses: { codex: { attach: 'http://127.0.0.1:1' } } }],
  ])('refuses %s, as the config does', (_name, part) => {
    const config = { workers: [{ name: 'a', harness: 'codex' }], ...part };
    expect(readBack.safeParse(config).success).toBe(false);
    expect(configSchema(knownHarnesses).safeParse(config).success).toBe(false);
  });

  it('describes every key, and shows the defaults as they would be written', () => {
    const silent = propertiesOf(written).filter(([, schema]) => typeof schema['description'] !== 'string');
    expect(silent.map(([path]) => path)).toEqual([]);
    expect(written).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: {
        limits: { properties: { turn_timeout: { type: 'string', default: '30m' }, max_turns: { default: 8 } } },
        protect: { default: ['oompa.config.yaml'] },
      },
      required: ['workers'],
      additionalProperties: false,
    });
  });
});

type Json = Readonly<Record<string, unknown>>;

/** All named properties in a schema, with the way to each; names that the user chooses are not keys. */
function propertiesOf(schema: unknown, path = ''): [path: string, schema: Json][] {
  if (Array.isArray(schema)) return schema.flatMap((one: unknown) => propertiesOf(one, path));
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, ...rest } = schema as { properties?: Readonly<Record<string, Json>> };
  const named = Object.entries(properties ?? {}).flatMap(([key, child]): [string, Json][] => {
    const here = `${path}.${key}`;
    return [...(path === '.harnesses' ? [] : [[here, child] as [string, Json]]), ...propertiesOf(child, here)];
  });
  return [...named, ...Object.values(rest).flatMap((child) => propertiesOf(child, path))];
}
