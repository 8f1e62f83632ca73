import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { notifyProblems } from '../../src/config/notify-variables.ts';
import { loaded, problems } from './workspace.ts';

const workers = 'workers: [{name: a, harness: codex}]\n';
const everything = ['failed', 'blocked', 'held', 'budget', 'ended'];

describe('`notify:`', () => {
  it('names commands, webhooks, the desktop and the bell, with a time limit in ms; what is off is left out', async () => {
    const { config } = await loaded(`${workers}notify:
  - on: [failed, held]
    run: ./tell-me.sh
    timeout: 1m
  - on: ended
    webhook: https://hooks.example/a
    headers: {Authorization: "Bearer \${TOKEN}"}
  - webhook: "\${HOOK}"
  - desktop: true
  - bell: false
  - {on: blocked, bell: true}
`);
    expect(config.notify).toEqual([
      { kind: 'command', on: ['failed', 'held'], command: './tell-me.sh', timeout: 60_000 },
      {
        kind: 'webhook',
        on: ['ended'],
        url: 'https://hooks.example/a',
        headers: { Authorization: 'Bearer ${TOKEN}' },
        timeout: 10_000,
      },
      { kind: 'webhook', on: everything, url: '${HOOK}', headers: {}, timeout: 10_000 },
      { kind: 'desktop', on: everything },
      { kind: 'bell', on: ['blocked'] },
    ]);
  });

  it.each([
    ['webook: http://a', 'unknown key `webook`', 'did you mean `webhook`?'],
    [
      'on: [faild], run: x',
      'each entry of `on` takes failed, blocked, held, budget or ended',
      'did you mean `failed`?',
    ],
    ['on: [], run: x', '`on` takes a list of failed, blocked, held, budget, ended, not an empty list', ''],
    ['on: held', 'each entry of `notify` takes one of `run`, `webhook`, `desktop` or `bell`', ''],
    ['run: x, bell: true', 'each entry of `notify` takes one of `run`, `webhook`, `desktop` or `bell`', ''],
    ['webhook: ftp://a', '`webhook` takes an address such as https://hooks.example/oompa', ''],
    ['webhook: http://me:secret@a', 'without user and password', ''],
    ['run: x, headers: {a: b}', 'takes `headers` beside `webhook` only', ''],
    ['bell: true, timeout: 1s', 'takes `timeout` beside `run` or `webhook` only', ''],
    ['webhook: http://a, headers: {a b: c}', '`a b` is not the name of a header', ''],
  ])('refuses {%s}, once', async (entry, message, hint) => {
    const shown = await problems(`${workers}notify:\n  - {${entry}}\n`);
    expect(shown).toMatch(/^oompa\.config\.yaml:3:\d+ /);
    expect(shown.match(/^oompa\.config\.yaml:/gm)).toHaveLength(1);
    expect(shown.replace(/\s+/g, ' ')).toContain(message);
    expect(shown).toContain(hint);
  });
});

describe('the variables of `notify:`', () => {
  it('are all set, or the place that needs one is shown, without any value', async () => {
    const config = `${workers}notify:
  - webhook: https://hooks.example/\${KEY}
    headers: {Authorization: "Bearer \${TOKN}", Room: "\${ROOM}"}
  - webhook: \${HOOK}
  - run: echo \${NOBODY_SETS_THIS}
`;
    const env = { TOKEN: 'sesame', ROOM: 'one\nsesame', HOOK: 'sesame', KEY: '' };
    const result = await loaded(config);
    const found = notifyProblems(result, dirname(result.path), env);
    expect(found.map(({ file, place, message, hint }) => [file, place?.line, place?.column, message, hint])).toEqual([
      [
        'oompa.config.yaml',
        3,
        14,
        '`webhook` needs the variable `KEY`, which is not set',
        'set it before the run is started',
      ],
      [
        'oompa.config.yaml',
        4,
        30,
        '`Authorization` needs the variable `TOKN`, which is not set',
        'did you mean `TOKEN`?',
      ],
      ['oompa.config.yaml', 4, 54, '`Room` makes no header once its variables are filled in', undefined],
      [
        'oompa.config.yaml',
        5,
        14,
        '`webhook` makes no address such as https://hooks.example/oompa once its variables are filled in',
        undefined,
      ],
    ]);
  });

  it('are no problem when they are there', async () => {
    const config = `${workers}notify: [{webhook: 'http://a/\${KEY}', headers: {A: '\${KEY}'}}]\n`;
    expect(notifyProblems(await loaded(config), '/somewhere', { KEY: 'k' })).toEqual([]);
  });
});
