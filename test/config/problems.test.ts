import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { block, knownHarnesses, problems, screen, workspaceOf } from './workspace.ts';

/** What is wrong, the config that has it, and the whole of what a person sees. */
const table: readonly (readonly [name: string, config: string, screen: string])[] = [
  [
    'several slips at once, in the order of the file',
    block`
      workers:
        - name: builders
          harnes: opencode
          count: many
      `,
    block`
      oompa.config.yaml:3:5  unknown key \`harnes\`
         3 |     harnes: opencode
           |     ^^^^^^  did you mean \`harness\`?
      oompa.config.yaml:4:12  \`count\` takes a whole number from 1 to 256, not "many"
         4 |     count: many
           |            ^^^^
      `,
  ],
  [
    'unknown names of harnesses, wherever one may be named',
    block`
      planner: {harness: cluade}
      reviewer: {harness: my-agent, fallback: [{harness: codx}]}
      workers:
        - name: a
          harness: my-agnet
          fallback: [{harness: 'zebra'}]
          reviewer: {harness: gemini2}
      harnesses:
        my-agent: {command: [x], prompt: stdin, output: text}
      `,
    block`
      oompa.config.yaml:1:20  unknown harness \`cluade\`
         1 | planner: {harness: cluade}
           |                    ^^^^^^  did you mean \`claude\`?
      oompa.config.yaml:2:52  unknown harness \`codx\`
         2 | reviewer: {harness: my-agent, fallback: [{harness: codx}]}
           |                                                    ^^^^
           | did you mean \`codex\`?
      oompa.config.yaml:5:14  unknown harness \`my-agnet\`
         5 |     harness: my-agnet
           |              ^^^^^^^^  did you mean \`my-agent\`?
      oompa.config.yaml:6:26  unknown harness \`zebra\`
         6 |     fallback: [{harness: 'zebra'}]
           |                          ^^^^^^^
           | known: opencode, claude, codex, gemini, my-agent; others go under
           | \`harnesses:\`
      oompa.config.yaml:7:25  unknown harness \`gemini2\`
         7 |     reviewer: {harness: gemini2}
           |                         ^^^^^^^  did you mean \`gemini\`?
      `,
  ],
  [
    'a pool that is named twice, at the second one',
    block`
      workers:
        - {name: a, harness: codex}
        - {name: a, harness: claude}
      `,
    block`
      oompa.config.yaml:3:12  two pools are named \`a\`
         3 |   - {name: a, harness: claude}
           |            ^  each pool needs a name of its own
      `,
  ],
  [
    'missing keys, at the map that lacks them',
    block`
      reviewer: {max_rounds: 2}
      workers:
        - count: 2
      `,
    block`
      oompa.config.yaml:1:1  \`harness\` is missing here; it takes the name of an agent CLI, such as opencode or claude
         1 | reviewer: {max_rounds: 2}
           | ^^^^^^^^
      oompa.config.yaml:3:5  \`name\` and \`harness\` are missing here
         3 |   - count: 2
           |     ^^^^^
      `,
  ],
  [
    'a config without workers, at its first key',
    'verify: npm test\n',
    block`
      oompa.config.yaml:1:1  \`workers\` is missing here; it takes a list of pools, each with a \`name\` and a \`harness\`
         1 | verify: npm test
           | ^^^^^^
      `,
  ],
  [
    'keys and entries without a value',
    block`
      workers:
        - name: a
          harness:
        -
      verify:
      `,
    block`
      oompa.config.yaml:3:5  \`harness\` has no value; it takes the name of an agent CLI, such as opencode or claude
         3 |     harness:
           |     ^^^^^^^
      oompa.config.yaml:4:4  each entry of \`workers\` has no value; it takes a map of a pool (\`name\`, \`harness\` and its settings)
         4 |   -
           |    ^
      oompa.config.yaml:5:1  \`verify\` has no value; it takes commands, one or a list
         5 | verify:
           | ^^^^^^
      `,
  ],
  [
    'times and sizes that are not',
    block`
      workers: [{name: a, harness: codex}]
      limits:
        turn_timeout: 30
        silence: 5 minutes
        verify_timeout: 0s
        max_runtime: 1000h
        output: 5
        max_cost_usd: -1
        max_tokens: 1.5
        attempts: "3"
      `,
    block`
      oompa.config.yaml:3:17  \`turn_timeout\` takes a time such as 30m, 90s or 1h30m (units: ms, s, m, h), not 30
         3 |   turn_timeout: 30
           |                 ^^
      oompa.config.yaml:4:12  \`silence\` takes a time such as 30m, 90s or 1h30m (units: ms, s, m, h), not "5 minutes"
         4 |   silence: 5 minutes
           |            ^^^^^^^^^
      oompa.config.yaml:5:19  \`verify_timeout\` takes a time from 1ms to 596h, not "0s"
         5 |   verify_timeout: 0s
           |                   ^^
      oompa.config.yaml:6:16  \`max_runtime\` takes a time from 1ms to 596h, not "1000h"
         6 |   max_runtime: 1000h
           |                ^^^^^
      oompa.config.yaml:7:11  \`output\` takes a size such as 500kB, 100MB or 1GB, not 5
         7 |   output: 5
           |           ^
      oompa.config.yaml:8:17  \`max_cost_usd\` takes US dollars above 0, not -1
         8 |   max_cost_usd: -1
           |                 ^^
      oompa.config.yaml:9:15  \`max_tokens\` takes a whole number 1 or more, not 1.5
         9 |   max_tokens: 1.5
           |               ^^^
      oompa.config.yaml:10:13  \`attempts\` takes a whole number from 1 to 100, not "3"
        10 |   attempts: "3"
           |             ^^^
      `,
  ],
  [
    'words that are not among those to choose from',
    block`
      workers: [{name: A B, harness: codex, reviewer: off, can_plan: yes}]
      merge: {strategy: squach}
      worktree: {clean: everything, copy: [/etc/passwd, ../x, a/../../b, ok/..x]}
      branch: a..b
      protect: 7
      `,
    block`
      oompa.config.yaml:1:18  \`name\` takes up to 40 letters a-z, digits and dashes, and starts with a letter or digit, not "A B"
         1 | workers: [{name: A B, harness: codex, reviewer: off, can_plan: yes}]
           |                  ^^^
      oompa.config.yaml:1:49  \`reviewer\` takes a reviewer (\`harness\` and its settings) or none, not "off"
         1 | workers: [{name: A B, harness: codex, reviewer: off, can_plan: yes}]
           |                                                 ^^^
      oompa.config.yaml:1:64  \`can_plan\` takes true or false, not "yes"
         1 | workers: [{name: A B, harness: codex, reviewer: off, can_plan: yes}]
           |                                                                ^^^
      oompa.config.yaml:2:19  \`strategy\` takes merge or squash, not "squach"
         2 | merge: {strategy: squach}
           |                   ^^^^^^  did you mean \`squash\`?
      oompa.config.yaml:3:19  \`clean\` takes tracked or all, not "everything"
         3 | worktree: {clean: everything, copy: [/etc/passwd, ../x, a/../../b, ok/.…
           |                   ^^^^^^^^^^
      oompa.config.yaml:3:38  each entry of \`copy\` takes a path inside the workspace, not "/etc/passwd"
         3 | worktree: {clean: everything, copy: [/etc/passwd, ../x, a/../../b, ok/.…
           |                                      ^^^^^^^^^^^
      oompa.config.yaml:3:51  each entry of \`copy\` takes a path inside the workspace, not "../x"
         3 | worktree: {clean: everything, copy: [/etc/passwd, ../x, a/../../b, ok/.…
           |                                                   ^^^^
      oompa.config.yaml:3:57  each entry of \`copy\` takes a path inside the workspace, not "a/../../b"
         3 | worktree: {clean: everything, copy: [/etc/passwd, ../x, a/../../b, ok/.…
           |                                                         ^^^^^^^^^
      oompa.config.yaml:4:9  \`branch\` takes the name of a branch, not "a..b"
         4 | branch: a..b
           |         ^^^^
      oompa.config.yaml:5:10  \`protect\` takes paths or globs, one or a list, not 7
         5 | protect: 7
           |          ^
      `,
  ],
  [
    'slips inside the settings of harnesses',
    block`
      workers: [{name: a, harness: codex}]
      harnesses:
        opencod: {args: [x]}
        claude: {attach: "http://x", env: {A B: c, PORT: 80}}
        opencode: {attach: nowhere}
        mine: {command: my agent, prompt: stdn, output: json, resume: [-r]}
      `,
    block`
      oompa.config.yaml:3:3  \`command\`, \`prompt\` and \`output\` are missing here
         3 |   opencod: {args: [x]}
           |   ^^^^^^^  did you mean \`opencode\`?
      oompa.config.yaml:4:12  unknown key \`attach\`
         4 |   claude: {attach: "http://x", env: {A B: c, PORT: 80}}
           |            ^^^^^^
      oompa.config.yaml:4:38  \`A B\` is not the name of a variable
         4 |   claude: {attach: "http://x", env: {A B: c, PORT: 80}}
           |                                      ^^^
      oompa.config.yaml:4:52  \`PORT\` takes text, not 80
         4 |   claude: {attach: "http://x", env: {A B: c, PORT: 80}}
           |                                                    ^^  as text: "80"
      oompa.config.yaml:5:22  \`attach\` takes an address such as http://127.0.0.1:4096, not "nowhere"
         5 |   opencode: {attach: nowhere}
           |                      ^^^^^^^
      oompa.config.yaml:6:19  \`command\` takes a list of a program and its arguments, such as [my-agent, --json], not "my agent"
         6 |   mine: {command: my agent, prompt: stdn, output: json, resume: [-r]}
           |                   ^^^^^^^^
      oompa.config.yaml:6:37  \`prompt\` takes stdin, argument or file, not "stdn"
         6 |   mine: {command: my agent, prompt: stdn, output: json, resume: [-r]}
           |                                     ^^^^  did you mean \`stdin\`?
      oompa.config.yaml:6:51  \`output\` takes text, opencode, claude or codex, not "json"
         6 |   mine: {command: my agent, prompt: stdn, output: json, resume: [-r]}
           |                                                   ^^^^
      oompa.config.yaml:6:65  \`resume\` takes arguments of which one holds {session}
         6 |   mine: {command: my agent, prompt: stdn, output: json, resume: [-r]}
           |                                                                 ^^^^
      `,
  ],
  [
    'the inside of values that may be one thing or a list',
    block`
      workers: [{name: a, harness: codex, prompts: [3]}]
      setup: [npm ci, {run: x, whn: [y]}, {run: 3}, 4]
      verify: ['', {a: b}]
      `,
    block`
      oompa.config.yaml:1:47  each entry of \`prompts\` takes a path of a prompt file, not 3
         1 | workers: [{name: a, harness: codex, prompts: [3]}]
           |                                               ^  as text: "3"
      oompa.config.yaml:2:26  unknown key \`whn\`
         2 | setup: [npm ci, {run: x, whn: [y]}, {run: 3}, 4]
           |                          ^^^  did you mean \`when\`?
      oompa.config.yaml:2:43  \`run\` takes a command, not 3
         2 | setup: [npm ci, {run: x, whn: [y]}, {run: 3}, 4]
           |                                           ^  as text: "3"
      oompa.config.yaml:2:47  each entry of \`setup\` takes a command, or \`run\` and \`when\`, not 4
         2 | setup: [npm ci, {run: x, whn: [y]}, {run: 3}, 4]
           |                                               ^
      oompa.config.yaml:3:10  each entry of \`verify\` takes a command, not ""
         3 | verify: ['', {a: b}]
           |          ^^
      oompa.config.yaml:3:14  each entry of \`verify\` takes a command, not a map
         3 | verify: ['', {a: b}]
           |              ^^^^^^
      `,
  ],
];

describe('a config with problems', () => {
  it.each(table)('names %s', async (_name, config, expected) => expect(await problems(config)).toBe(expected));

  it('says how to make a missing config', async () => {
    const workspace = await workspaceOf({});
    const result = await loadConfig({ path: 'oompa.config.yaml', workspace, knownHarnesses });
    expect(screen(result)).toBe('oompa.config.yaml  does not exist; make one with: oompa init');
  });

  it('says which file was probably meant', async () => {
    const workspace = await workspaceOf({ 'oompa.config.yml': '' });
    const result = await loadConfig({ path: 'oompa.config.yaml', workspace, knownHarnesses });
    expect(screen(result)).toBe('oompa.config.yaml  does not exist; did you mean oompa.config.yml?');
  });

  it('says that a folder is not a config', async () => {
    const workspace = await workspaceOf({ 'x/y': '' });
    expect(screen(await loadConfig({ path: 'x', workspace, knownHarnesses }))).toBe('x  is a folder');
  });

  it('names a file outside the workspace by its whole path', async () => {
    const [workspace, other] = [await workspaceOf({}), await workspaceOf({ 'c.yaml': '- a' })];
    const path = `${other}/c.yaml`;
    expect(screen(await loadConfig({ path, workspace, knownHarnesses }))).toContain(`${path}:1:1  the config takes`);
  });

  it('shows 200 problems, each once', async () => {
    const pools = Array.from({ length: 100 }, (_, n) => `  - {name: p${n}, harness: nobody, count: ${-n}}`);
    const shown = await problems(['workers:', ...pools].join('\n'));
    expect(shown.match(/unknown harness/g)).toHaveLength(100);
    expect(shown.match(/takes a whole number/g)).toHaveLength(100);
    const lines = [...shown.matchAll(/^oompa\.config\.yaml:(\d+):/gm)].map(([, line]) => Number(line));
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
  });

  it('is told once what an alias or a merge brings to several places, where it was written', async () => {
    const config = block`
      workers:
        - &first {name: a, harness: claude, modle: opus, count: 0}
        - {<<: *first, name: b}
        - {<<: [*first], name: c, fallback: &chain [{harness: x}]}
        - {name: d, harness: codex, fallback: *chain}
      `;
    expect(await problems(config)).toBe(block`
      oompa.config.yaml:2:39  unknown key \`modle\`
         2 |   - &first {name: a, harness: claude, modle: opus, count: 0}
           |                                       ^^^^^  did you mean \`model\`?
      oompa.config.yaml:2:59  \`count\` takes a whole number from 1 to 256, not 0
         2 |   - &first {name: a, harness: claude, modle: opus, count: 0}
           |                                                           ^
      oompa.config.yaml:4:57  unknown harness \`x\`
         4 |   - {<<: [*first], name: c, fallback: &chain [{harness: x}]}
           |                                                         ^
           | known: opencode, claude, codex, gemini; others go under \`harnesses:\`
      `);
  });

  it('refuses keys that are dangerous names in JavaScript like any other unknown key', async () => {
    const shown = await problems('workers: [{name: a, harness: constructor}]\n__proto__: {x: 1}\nconstructor: 1\n');
    expect(shown).toContain('unknown harness `constructor`');
    expect(shown).toContain(':2:1  unknown key `__proto__`');
    expect(shown).toContain(':3:1  unknown key `constructor`');
  });
});
