import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TranscriptEntry } from '../../src/core/transcript.ts';
import { customHarness } from '../../src/harness/custom.ts';
import { findHarness } from '../../src/harness/registry.ts';
import { tellStderr } from '../../src/harness/tell/stderr.ts';
import { everyCli } from '../conformance/clis.ts';
import type { CliName } from '../rig/pinned-clis.ts';

const root = join(import.meta.dirname, 'recordings');

function linesOf(cli: CliName, recording: string): string[] {
  return readFileSync(join(root, cli, `${recording}.ndjson`), 'utf8')
    .trimEnd()
    .split('\n');
}

/** Each entry in one line: `tool bash echo`, with `!` where it failed and `+` where it continues. */
function told(cli: CliName, lines: readonly string[]): string[] {
  return lines.flatMap((line) => findHarness(cli, {})!.tell(line)).map(shown);
}

function shown(entry: TranscriptEntry): string {
  switch (entry.kind) {
    case 'text':
      return `text${entry.continues === true ? '+' : ''} ${entry.text}`;
    case 'thought':
      return `thought ${entry.text}`;
    case 'tool':
      return `tool ${entry.name} ${entry.input}`;
    case 'result':
    case 'note':
      return `${entry.kind}${entry.failed ? '!' : ''} ${entry.text.trimEnd()}`;
  }
}

describe('what a recorded turn tells', () => {
  const session: Readonly<Record<CliName, RegExp | undefined>> = {
    opencode: undefined,
    claude: /^note session [-0-9a-f]{36}, model scripted$/,
    codex: /^note session [-0-9a-f]{36}$/,
    gemini: /^note session [-0-9a-f]{36}, model gemini-2\.5-flash$/,
  };
  const done: Readonly<Record<CliName, (input: number, output: number) => string>> = {
    opencode: () => 'note done: 100 tokens in, 20 out in its last step',
    claude: (input, output) => `note done: ${String(input)} tokens in, ${String(output)} out`,
    codex: (input, output) => `note done: ${String(input)} tokens in, ${String(output)} out in all of its session`,
    gemini: (input, output) => `note done: ${String(input)} tokens in, ${String(output)} out`,
  };

  /** Without the session, and without codex's remark that it does not know the scripted model. */
  function story(cli: CliName, recording: string): string[] {
    const all = told(cli, linesOf(cli, recording));
    const head = session[cli];
    if (head !== undefined) expect(all[0]).toMatch(head);
    return all.slice(head === undefined ? 0 : 1).filter((line) => !line.startsWith('note Model metadata'));
  }

  const command = 'tool bash echo by bash > bash.txt; pwd';
  const tools: Readonly<Record<CliName, readonly string[]>> = {
    opencode: [command, 'result /repo', 'tool write written.txt', 'result Wrote file successfully.'],
    claude: [
      ...[command, 'result /repo', 'tool write written.txt'],
      'result File created successfully at: written.txt (file state is current in your context — no need to Read it back)',
    ],
    codex: [
      ...[command, 'result /repo'],
      `tool bash 'mkdir -p "$(dirname '"'written.txt')\\" && printf %s 'by a tool\n' > 'written.txt'"`,
    ],
    gemini: [command, 'result /repo', 'tool write written.txt'],
  };

  it.each(everyCli)('%s: what it said and did, once, in order, and its figures', (cli) => {
    const said = cli === 'gemini' ? 'text+' : 'text';
    expect(story(cli, 'tool')).toEqual([
      `${said} I write a file.`,
      ...tools[cli],
      `${said} Both files are written.`,
      done[cli](300, 60),
    ]);
  });

  it.each([
    ['opencode', 'result! exit code 3\nno luck'],
    ['claude', 'result! Exit code 3\nno luck'],
    ['codex', 'result! exit code 3\nno luck'],
    // It does not tell that a command has failed.
    ['gemini', 'result no luck'],
  ] as const)('%s: a command that fails', (cli, result) => {
    const said = cli === 'gemini' ? 'text+' : 'text';
    expect(story(cli, 'tool-failed')).toEqual([
      'tool bash echo no luck >&2; exit 3',
      result,
      `${said} The command failed.`,
      done[cli](200, 40),
    ]);
  });

  it.each([
    ['opencode', ['note! APIError: scripted failure 429']],
    [
      'claude',
      [
        'note rate_limit 429: try 1 of 1 in 0.5 s',
        // Once as a message, once as the result: who shows them leaves out the second.
        ...Array.from({ length: 2 }, () => 'note! API Error: Request rejected (429) · scripted failure 429'),
      ],
    ],
    [
      'codex',
      [
        'note exceeded retry limit, last status: 429 Too Many Requests',
        'note! exceeded retry limit, last status: 429 Too Many Requests',
      ],
    ],
    ['gemini', [expect.stringMatching(/^note! \[API Error: scripted failure 429\]\n/)]],
  ] as const)('%s: a provider that refuses', (cli, entries) => {
    expect(story(cli, '429')).toEqual(entries);
  });

  it.each([
    ['opencode', 'note the model broke off without a finish reason'],
    ['claude', expect.stringMatching(/^note Your response above was cut off mid-stream\./)],
    ['codex', expect.stringMatching(/^note Reconnecting\.\.\. 1\/1 /)],
    ['gemini', 'note! Model stream ended without a finish reason.'],
  ] as const)('%s: a stream that breaks off', (cli, entry) => {
    expect(story(cli, 'cut')).toContainEqual(entry);
  });

  it.each([
    ['opencode', /^result! The user has specified a rule/],
    ['claude', /^result! Permission to use Bash with command touch touched.txt has been denied\.$/],
    ['gemini', /^result! Tool execution denied by policy\.$/],
  ] as const)('%s: a tool that is denied', (cli, result) => {
    const all = story(cli, 'denied-permission');
    expect(all[0]).toBe('tool bash touch touched.txt');
    expect(all[1]).toMatch(result);
    expect(all.filter((line) => /denied|rule/.test(line))).toHaveLength(1);
  });

  it('of codex, nothing of a tool that is denied: only its standard error has it', () => {
    expect(story('codex', 'denied-permission')).toEqual(['text That was it.', done.codex(200, 40)]);
  });

  it.each(everyCli)('%s: every line of every recording is understood', (cli) => {
    const names = readdirSync(join(root, cli)).filter((file) => file.endsWith('.ndjson'));
    const strays = names.flatMap((file) =>
      told(cli, linesOf(cli, file.replace(/\.ndjson$/, ''))).filter((line) => /can't be read|^note \{/.test(line)),
    );
    expect(strays).toEqual([]);
  });
});

describe('what single lines tell', () => {
  const opencodePart = (type: string, part: object) => JSON.stringify({ type, sessionID: 'ses_1', part });
  const claudeBlock = (type: string, ...content: object[]) =>
    JSON.stringify({ type, message: { id: 'msg_1', content } });
  const codexItem = (event: string, item: object) => JSON.stringify({ type: `item.${event}`, item });

  it.each<readonly [string, CliName, string, readonly string[]]>([
    ['reasoning', 'opencode', opencodePart('reasoning', { text: 'Let me see.' }), ['thought Let me see.']],
    [
      'an edit by its path',
      'opencode',
      opencodePart('tool_use', {
        tool: 'edit',
        state: { status: 'completed', input: { filePath: 'a.ts', oldString: 'x' } },
      }),
      ['tool edit a.ts'],
    ],
    [
      'any other tool with all that it was given',
      'opencode',
      opencodePart('tool_use', { tool: 'grep', state: { input: { pattern: 'x', path: 'src' }, output: 'a.ts' } }),
      ['tool grep {"pattern":"x","path":"src"}', 'result a.ts'],
    ],
    [
      'a step that goes on',
      'opencode',
      opencodePart('step_finish', { reason: 'tool-calls', tokens: { input: 5 } }),
      [],
    ],
    [
      'an answer that was cut off',
      'opencode',
      opencodePart('step_finish', { reason: 'length' }),
      ['note! its answer was cut off at the output limit'],
    ],
    ['thinking', 'claude', claudeBlock('assistant', { type: 'thinking', thinking: 'Hm.' }), ['thought Hm.']],
    [
      'a result of several parts',
      'claude',
      claudeBlock('user', { type: 'tool_result', content: [{ type: 'text', text: 'a' }, { type: 'image' }] }),
      ['result a\n[image]'],
    ],
    ['the prompt of a subagent', 'claude', claudeBlock('user', { type: 'text', text: 'Look around.' }), []],
    [
      'a piece of a message that comes again whole',
      'claude',
      '{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"I wr"}}}',
      [],
    ],
    [
      'a further try after a lost connection',
      'claude',
      '{"type":"system","subtype":"api_retry","attempt":2,"max_retries":10,"retry_delay_ms":1100,"error_status":null}',
      ['note connection failed: try 2 of 10 in 1.1 s'],
    ],
    [
      'a command, once',
      'codex',
      codexItem('completed', { type: 'command_execution', command: 'ls', exit_code: 0 }),
      [],
    ],
    [
      'a quoted command as it was typed',
      'codex',
      codexItem('started', { type: 'command_execution', command: `/bin/bash -lc "sed -n '1,9p' \\"a b.ts\\""` }),
      [`tool bash sed -n '1,9p' "a b.ts"`],
    ],
    [
      'changed files',
      'codex',
      codexItem('completed', { type: 'file_change', changes: [{ path: 'a.ts' }, { path: 'b.ts' }], status: 'failed' }),
      ['tool edit a.ts b.ts', 'result! failed'],
    ],
    ['the same files before', 'codex', codexItem('started', { type: 'file_change', changes: [{ path: 'a.ts' }] }), []],
    [
      'a plan',
      'codex',
      codexItem('completed', {
        type: 'todo_list',
        items: [
          { text: 'read', completed: true },
          { text: 'write', completed: false },
        ],
      }),
      ['tool todo [x] read; [ ] write'],
    ],
    [
      'a call of a tool server',
      'codex',
      codexItem('started', { type: 'mcp_tool_call', server: 's', tool: 'find', arguments: { name: 'x' } }),
      ['tool find x'],
    ],
    [
      'and its failure',
      'codex',
      codexItem('completed', { type: 'mcp_tool_call', tool: 'find', error: { message: 'no such thing' } }),
      ['result! no such thing'],
    ],
    ['the prompt', 'gemini', '{"type":"message","role":"user","content":"Do the work."}', []],
    ['a whole message', 'gemini', '{"type":"message","role":"assistant","content":"Yes."}', ['text Yes.']],
  ])('%s (%s)', (_, cli, line, entries) => {
    expect(told(cli, [line])).toEqual(entries);
  });

  it.each(everyCli)('%s: what is no event is a note, and what is none at all is nothing', (cli) => {
    expect(told(cli, ['', '  ', '[]', '{"type":', 'Debugger listening', '{}', '{"type":7}', 'null'])).toEqual([
      'note []',
      "note a line of 8 characters that can't be read",
      'note Debugger listening',
      'note null',
    ]);
  });

  it.each(everyCli)('%s: foreign shapes tell little, and throw nothing', (cli) => {
    const types = new Set(
      readdirSync(join(root, cli))
        .filter((file) => file.endsWith('.ndjson'))
        .flatMap((file) => linesOf(cli, file.replace(/\.ndjson$/, '')))
        .flatMap((line) => (JSON.parse(line || '{}') as { type?: string }).type ?? []),
    );
    const shapes = [
      null,
      1,
      'x',
      [],
      [null, 1],
      {},
      { content: [null, 1, {}] },
      { state: 1, changes: [1], items: [{}] },
    ];
    const harness = findHarness(cli, {})!;
    for (const type of types) {
      for (const shape of shapes) {
        const line = JSON.stringify({
          ...{ type, part: shape, message: shape, item: shape, error: shape, usage: shape, stats: shape },
          ...{ content: shape, parameters: shape, subtype: shape, errors: shape },
        });
        expect(() => harness.tell(line)).not.toThrow();
      }
    }
    const deep = `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}`;
    expect(() =>
      harness.tell(`{"type":"tool_use","tool_name":"x","parameters":${deep},"part":{"state":{"input":${deep}}}}`),
    ).not.toThrow();
  });

  it('plain text is told as it is, blank lines too', () => {
    const harness = customHarness('mine', { command: ['mine'], prompt: 'stdin', output: 'text' });
    expect(['  one', '', '{"a":1}'].flatMap((line) => harness.tell(line)).map(shown)).toEqual([
      'text   one',
      'text ',
      'text {"a":1}',
    ]);
  });

  it('a CLI that is declared with the output of another is read as that one', () => {
    const harness = customHarness('mine', { command: ['mine'], prompt: 'stdin', output: 'codex' });
    expect(harness.tell(codexItem('completed', { type: 'agent_message', text: 'Hi.' })).map(shown)).toEqual([
      'text Hi.',
    ]);
  });
});

describe('what standard error tells', () => {
  it.each([
    ['\u001b[91m\u001b[1mError: \u001b[0mSession not found', ['note! Error: Session not found']],
    [
      '2026-11-21T11:46:17.093638Z ERROR codex_core::tools::router: error=exec_command failed',
      [expect.stringMatching(/^note! /)],
    ],
    [
      'Attempt 1 failed with status 429. Retrying with backoff... _ApiError: {',
      [expect.stringMatching(/^note Attempt 1 /)],
    ],
    ['    at throwErrorIfNotOK (file:///chunk.js:1:2)', []],
    ['}', []],
    ['', []],
    ['YOLO mode is enabled. All tool calls will be automatically approved.', []],
    ['[claude-code:unrecognized_model] {"model":"scripted","query_source":"sdk"}', []],
  ])('%s', (line, entries) => {
    expect(tellStderr(line).map(shown)).toEqual(entries);
  });
});
