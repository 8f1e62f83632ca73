import { describe, expect, it } from 'vitest';
import { block, loaded, problems } from './workspace.ts';

const good = 'workers: [{name: a, harness: codex}]\n';

describe('a config that is not good YAML', () => {
  it.each([
    ['a tab as indentation', 'workers:\n\t- name: a\n', '2:1  a tab cannot begin a line of YAML', 'indent with spaces'],
    [
      'a key that is there twice',
      `${good}branch: a\nbranch: b\n`,
      '3:1  the key `branch` is written twice',
      'keep one',
    ],
    ['a second document', `${good}---\na: 1\n`, '2:1  a second document begins here', 'remove the `---`'],
    ['a value that begins with @', `${good}branch: @x\n`, '2:9  text cannot begin with @', 'put it in quotes'],
    [
      'a bare colon in a text',
      `${good}verify: npm test: x\n`,
      '2:9  this does not fit the key before it',
      'needs quotes',
    ],
    ['an unknown tag', `${good}branch: !env X\n`, '2:9  unknown tag !env', 'remove it'],
    ['a list as a key', `${good}? [a]\n: b\n`, '2:3  a list or map cannot be a key', 'plain text'],
    ['an alias to nothing', `${good}branch: *x\n`, '2:9  nothing is marked `&x` above this', ''],
    ['a quote that is not closed', `${good}branch: "x\n\n\n`, '2:11  missing closing "quote', ''],
  ])('is told about %s', async (_name, config, message, hint) => {
    const shown = await problems(config);
    expect(shown).toContain(`oompa.config.yaml:${message}\n`);
    expect(shown).toContain(hint);
    expect(shown.split('\n')).toHaveLength(3);
  });

  it.each([
    ['is empty', '', 'is empty; it needs `workers:` with at least one pool'],
    ['holds only comments', '# workers:\n', 'is empty; it needs `workers:` with at least one pool'],
    ['has a merge that goes in a circle', 'a: &a {<<: *a}\n', 'its aliases go in a circle, or there are too many'],
    ['is not UTF-8', new Uint8Array([0x77, 0xff, 0xfe]), 'is not UTF-8 text'],
  ])('is refused as a whole when it %s', async (_name, config, message) => {
    expect(await problems(config)).toBe(`oompa.config.yaml  ${message}`);
  });

  it.each([
    ['a list', '- a\n', 'not a list'],
    ['a number', '42\n', 'not 42'],
    ['text', 'hello\n', 'not "hello"'],
  ])('is refused when it is %s', async (_name, config, end) => {
    expect(await problems(config)).toMatch(
      new RegExp(`^oompa.config.yaml:1:1  the config takes a map of settings, ${end}$`, 'm'),
    );
  });

  it('is told about a list that holds itself', async () => {
    expect(await problems(`${good}verify: &a [*a]\n`)).toContain('each entry of `verify` takes a command, not a list');
  });

  it.each([
    ['brackets', '['.repeat(50_000)],
    ['closed brackets', '['.repeat(5000) + ']'.repeat(5000)],
    ['braces', '{a: '.repeat(5000)],
    ['dashes', '- '.repeat(50_000)],
    ['question marks', '? '.repeat(5000)],
    ['indentation', Array.from({ length: 300 }, (_, n) => `${' '.repeat(n)}a:\n`).join('')],
  ])('is refused, however often it is read, when %s nest it too deeply', async (_name, config) => {
    for (let time = 0; time < 3; time++) {
      expect(await problems(config)).toMatch(/^oompa.config.yaml:\d+:\d+ +lists and maps are nested too deeply here$/m);
    }
  });

  it('reports other problems beside a key that is written twice', async () => {
    const shown = await problems(`${good}branch: a\nbranch: 3\nmrege: {}\n`);
    expect(shown).toContain(':3:1  the key `branch` is written twice');
    expect(shown).toContain(':4:1  unknown key `mrege`');
  });
});

describe('the places of problems', () => {
  const expected = block`
    oompa.config.yaml:2:13  \`count\` takes a whole number from 1 to 256, not "x"
       2 |   - {count: x, name: a, harness: codex}
         |             ^
    `;

  it('are right in a file with CRLF line breaks', async () => {
    expect(await problems('workers:\r\n  - {count: x, name: a, harness: codex}\r\n')).toBe(expected);
  });

  it('are right in a file with a byte order mark', async () => {
    expect(await problems('\ufeffworkers:\n  - {count: x, name: a, harness: codex}\n')).toBe(expected);
    expect(await problems('\ufeffwork: 1\n')).toContain('oompa.config.yaml:1:1  unknown key `work`');
  });

  it('count characters in lines with others than ASCII, and mark what the eye sees', async () => {
    expect(await problems('workers: [{name: a, harness: codex, model: "😀日本", 名前: x}]')).toBe(block`
      oompa.config.yaml:1:51  unknown key \`名前\`
         1 | workers: [{name: a, harness: codex, model: "😀日本", 名前: x}]
           |                                                      ^^^^
      `);
  });
});

describe('a config that is good YAML', () => {
  it('may use anchors, aliases and merges', async () => {
    const { config } = await loaded(block`
      reviewer: &claude {harness: claude, model: opus}
      workers:
        - {<<: *claude, name: a}
        - {name: b, harness: codex, reviewer: *claude}
      `);
    expect(config.workers.map(({ name, harness, model }) => [name, harness, model])).toEqual([
      ['a', 'claude', 'opus'],
      ['b', 'codex', undefined],
    ]);
    expect(config.workers[1]!.reviewer).toEqual(config.reviewer);
  });

  it('comes back as it was written, without its byte order mark', async () => {
    expect((await loaded(`\ufeff# mine\r\n${good}`)).text).toBe(`# mine\r\n${good}`);
  });
});
