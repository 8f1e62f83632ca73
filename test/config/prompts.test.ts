import { describe, expect, it } from 'vitest';
import { promptTokens } from '../../src/core/prompt.ts';
import { builtInPrompt } from '../../src/config/prompts.ts';
import { block, loaded, problems } from './workspace.ts';

const oneFile = 'workers: [{name: a, harness: codex, prompts: p.md}]\n';

describe('the prompts of a config', () => {
  it('are given for each role, with the reviewer in force for each pool', async () => {
    const { prompts } = await loaded(
      block`
        planner: {harness: codex, prompts: [plan.md]}
        reviewer: {harness: codex, prompts: review.md}
        workers:
          - {name: a, harness: codex, prompts: [one.md, sub/two.md]}
          - {name: b, harness: codex, reviewer: {harness: claude, prompts: strict.md}}
          - {name: c, harness: codex, reviewer: none}
          - {name: constructor, harness: codex, reviewer: {harness: claude}}
        `,
      {
        'plan.md': 'plan\n',
        'review.md': 'review',
        'one.md': 'one\n\n',
        'sub/two.md': '\n two',
        'strict.md': 'strict',
      },
    );
    expect(prompts).toEqual({
      planner: 'plan',
      workers: { a: 'one\n\ntwo', b: undefined, c: undefined, constructor: undefined },
      reviewers: { a: 'review', b: 'strict', c: undefined, constructor: undefined },
    });
    expect(prompts.workers.constructor).toBeUndefined();
  });

  it('keep their tokens for later, and take in what they include', async () => {
    const { prompts } = await loaded(oneFile, {
      'p.md': '\ufeffDo {{ task.title }}.\n{{include parts/a b.md}}\nEnd.\n',
      'parts/a b.md': 'A\n{{include parts/c.md}}\n',
      'parts/c.md': '{{worker}}',
    });
    expect(prompts.workers['a']).toBe('Do {{ task.title }}.\nA\n{{worker}}\nEnd.');
  });

  it('may include the same file twice', async () => {
    const { prompts } = await loaded(oneFile, { 'p.md': '{{include x.md}}+{{include x.md}}', 'x.md': 'x' });
    expect(prompts.workers['a']).toBe('x+x');
  });

  it('may hold every token, and other notations with braces', async () => {
    const text = `${promptTokens.map((token) => `{{${token}}}`).join(' ')} \${{ secrets.X }} {a} {{\n}}`;
    const { prompts } = await loaded(oneFile, { 'p.md': text });
    expect(prompts.workers['a']).toBe(text);
  });
});

describe('prompt files with problems', () => {
  it('are named at the entry that names them, with the file that was probably meant', async () => {
    const config = block`
      planner: {harness: codex, prompts: prompts}
      workers:
        - name: a
          harness: codex
          prompts:
            - prompts/workers.md
            - empty.md
          reviewer: {harness: codex, prompts: [nowhere/x.md]}
      `;
    const files = { 'prompts/worker.md': 'x', 'empty.md': ' \n' };
    expect(await problems(config, files)).toBe(block`
      oompa.config.yaml:1:36  the prompt file prompts is a folder
         1 | planner: {harness: codex, prompts: prompts}
           |                                    ^^^^^^^
      oompa.config.yaml:6:9  the prompt file prompts/workers.md does not exist
         6 |       - prompts/workers.md
           |         ^^^^^^^^^^^^^^^^^^  did you mean prompts/worker.md?
      oompa.config.yaml:7:9  the prompt file empty.md is empty
         7 |       - empty.md
           |         ^^^^^^^^
      oompa.config.yaml:8:42  the prompt file nowhere/x.md does not exist
         8 |     reviewer: {harness: codex, prompts: [nowhere/x.md]}
           |                                          ^^^^^^^^^^^^
      `);
  });

  it('are told about unknown tokens after the problems of the config, each once', async () => {
    const config = block`
      workers:
        - {name: a, harness: codex, prompts: p.md}
        - {name: b, harness: codex, prompts: [p.md, q.md], cuont: 2}
      `;
    const files = { 'p.md': 'one\n  {{task.titel}} {{ zebra }}\n', 'q.md': '{{include p.md}}\n{{}}' };
    expect(await problems(config, files)).toBe(block`
      oompa.config.yaml:3:54  unknown key \`cuont\`
         3 |   - {name: b, harness: codex, prompts: [p.md, q.md], cuont: 2}
           |                                                      ^^^^^
           | did you mean \`count\`?
      p.md:2:3  unknown token \`{{task.titel}}\`
         2 |   {{task.titel}} {{ zebra }}
           |   ^^^^^^^^^^^^^^  did you mean \`{{task.title}}\`?
      p.md:2:18  unknown token \`{{zebra}}\`
         2 |   {{task.titel}} {{ zebra }}
           |                  ^^^^^^^^^^^
           | known: task.id, task.title, task.description, task.acceptance,
           | task.files, worker, run, branch, main
      q.md:2:1  unknown token \`{{}}\`
         2 | {{}}
           | ^^^^
           | known: task.id, task.title, task.description, task.acceptance,
           | task.files, worker, run, branch, main
      `);
  });

  it('are told about includes that are missing', async () => {
    expect(await problems(oneFile, { 'p.md': 'x\n{{include rule.md}}', 'rules.md': 'x' })).toBe(block`
      p.md:2:1  the included file rule.md does not exist
         2 | {{include rule.md}}
           | ^^^^^^^^^^^^^^^^^^^  did you mean rules.md?
      `);
  });

  it('are told about includes that go in a circle', async () => {
    const files = { 'p.md': '{{include a.md}}', 'a.md': '{{include b.md}}', 'b.md': 'x {{include ./a.md}}' };
    expect(await problems(oneFile, files)).toBe(block`
      b.md:1:3  the includes go in a circle: a.md → b.md → a.md
         1 | x {{include ./a.md}}
           |   ^^^^^^^^^^^^^^^^^^
      `);
  });

  it('are told about includes that are too deep', async () => {
    const deep = Array.from({ length: 12 }, (_, n): [string, string] => [`${n}.md`, `{{include ${n + 1}.md}}`]);
    const shown = await problems(oneFile, { ...Object.fromEntries(deep), 'p.md': '{{include 0.md}}' });
    expect(shown).toContain('8.md:1:1  includes may be 10 files deep, and this is one more');
  });
});

describe('the built-in prompts', () => {
  it.each(['worker', 'reviewer', 'planner'] as const)('have one for a %s, with known tokens only', async (role) => {
    const text = await builtInPrompt(role);
    expect(text.trim()).not.toBe('');
    const tokens = [...text.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].map(([, token]) => token);
    expect(promptTokens).toEqual(expect.arrayContaining(tokens));
  });
});
