import { describe, expect, it } from 'vitest';
import { peekPriority } from '../../../src/queue/file/peek-priority.ts';
import { readTask } from '../../../src/queue/file/task-file.ts';
import type { TaskExtension } from '../../../src/queue/file/task-name.ts';

function read(text: string, extension: TaskExtension = '.yaml', id = 'a') {
  const result = readTask(text, { id, extension });
  return result.kind === 'task' ? result.task : result.problem;
}

describe('a task file', () => {
  it('needs no more than a title', () => {
    expect(read('title: Add a form\n')).toEqual({
      id: 'a',
      title: 'Add a form',
      description: '',
      acceptance: [],
      files: [],
      dependsOn: [],
      priority: 0,
      record: {},
    });
  });

  it('takes one text where a list is expected, and numbers where texts are', () => {
    expect(read('title: 404\nacceptance: it works\ndepends_on: [1, 02]\n')).toMatchObject({
      title: '404',
      acceptance: ['it works'],
      dependsOn: ['1', '02'],
    });
  });

  it('follows anchors', () => {
    expect(read('title: &t Same\ndescription: *t\n')).toMatchObject({ description: 'Same' });
  });

  it('is the title and the body of a .md file, unless the front matter says otherwise', () => {
    expect(read('# Heading\n\nText\n', '.md')).toMatchObject({ title: 'Heading', description: '# Heading\n\nText' });
    expect(read('---\ntitle: T\n---\nText\n', '.md')).toMatchObject({ title: 'T', description: 'Text' });
    expect(read('---\ntitle: T\ndescription: D\n---\nText\n', '.md')).toMatchObject({ description: 'D' });
    expect(read('\uFEFF---\r\ntitle: T\r\n---\r\nText', '.md')).toMatchObject({ title: 'T', description: 'Text' });
  });

  it('gives the record of the oompa block, and passes over keys of other versions', () => {
    expect(read('title: x\noompa:\n  attempts: 2\n  commit: 1234567\n  later: {}\n')).toMatchObject({
      record: { attempts: 2, commit: '1234567' },
    });
  });

  it.each<[string, TaskExtension, number, number, string]>([
    ['', '.yaml', 1, 1, 'the file is empty; a task needs a title: `title: Add a login form`'],
    ['# only\n', '.yaml', 1, 1, 'the file is empty; a task needs a title: `title: Add a login form`'],
    ['- a\n', '.yaml', 1, 1, 'a task file holds keys, such as `title: Add a login form`'],
    ['description: x\n', '.yaml', 1, 1, 'a task needs a title: `title: Add a login form`'],
    ['title: "  "\n', '.yaml', 1, 1, 'a task needs a title: `title: Add a login form`'],
    ['title: [x]\n', '.yaml', 1, 8, '`title` takes a text'],
    ['title: x\npriority: high\n', '.yaml', 2, 11, '`priority` takes a number, not "high"'],
    ['title: x\npriority: .inf\n', '.yaml', 2, 11, '`priority` takes a number, not ".inf"'],
    [
      'title: x\nfiles: {a: b}\n',
      '.yaml',
      2,
      8,
      '`files` takes a list of texts; put this one in quotes, because it holds a colon',
    ],
    [
      'title: x\nacceptance:\n  - ok\n  - GET /: 200\n',
      '.yaml',
      4,
      5,
      '`acceptance` takes a list of texts; put this one in quotes, because it holds a colon',
    ],
    ['title: x\ndepends-on: [y]\n', '.yaml', 2, 1, 'unknown key `depends-on`; did you mean `depends_on`?'],
    ['title: x\nzzz: 1\n', '.yaml', 2, 1, 'unknown key `zzz`'],
    ['title: x\noompa: done\n', '.yaml', 2, 8, '`oompa` is a block that oompa writes; leave it out'],
    ['title: x\noompa:\n  attempts: many\n', '.yaml', 3, 13, '`oompa.attempts` takes a whole number'],
    ['title: x\n\tfiles: y\n', '.yaml', 2, 1, 'a tab cannot begin a line of YAML'],
    ['title: fix: it\n', '.yaml', 1, 8, 'a text that holds a colon and a space must be in quotes'],
    ['title: x\ntitle: y\n', '.yaml', 2, 1, 'this key is written twice'],
    ['title: x\n---\ntitle: y\n', '.yaml', 2, 1, 'a task file holds one YAML document; this line begins another'],
    ['title: `x`\n', '.yaml', 1, 8, 'plain value cannot start with reserved character `; put the text in quotes'],
    ['{"title": "x",\n "titel": 1}', '.json', 2, 2, 'unknown key `titel`; did you mean `title`?'],
    ['---\ntitle: x\nfile: y\n---\n', '.md', 3, 1, 'unknown key `file`; did you mean `files`?'],
    ['---\ntitle: x\n', '.md', 1, 1, 'the front matter that begins here is never closed by a line of `---`'],
    ['Just text\n', '.md', 1, 1, 'a task needs a title: `title: Add a login form`'],
    ['title: *nothing\n', '.yaml', 1, 8, '`title` takes a text'],
  ])('that holds %j (%s) is refused at line %i, column %i: %s', (text, extension, line, column, message) => {
    expect(read(text, extension)).toEqual({ line, column, message });
  });

  it('is refused when its name is no id', () => {
    expect(read('title: x', '.yaml', 'a..b')).toEqual({
      line: 1,
      column: 1,
      message: 'the id "a..b" may not hold ".."',
    });
  });
});

describe('a glance at the priority', () => {
  it.each<[string, TaskExtension, number | undefined]>([
    ['title: x\n', '.yaml', 0],
    ['title: x\npriority: 5 # low\n', '.yaml', 5],
    ['priority: -2\r\ntitle: x\r\n', '.yaml', -2],
    ['---\ntitle: x\npriority: 3\n---\nabout priority: 9\n', '.md', 3],
    ['priority: 9\n', '.md', 0],
    ['title: the priority\npriority: 1\n', '.yaml', undefined],
    ['title: x\npriority: [1]\n', '.yaml', undefined],
    ['{"title": "x", "priority": 1}', '.json', undefined],
    ['{title: x,\npriority: 1}', '.yaml', undefined],
    ['description: "\npriority: 1\n"', '.yaml', 1],
  ])('sees in %j (%s): %s', (text, extension, priority) => {
    expect(peekPriority(text, extension)).toBe(priority);
  });
});

describe('a hostile task file', () => {
  it('that is nested without end is unreadable, and takes nobody with it', () => {
    const text = `title: Deep\nfiles: ${'['.repeat(5000)}`;
    expect(readTask(text, { id: 'deep', extension: '.yaml' })).toMatchObject({
      kind: 'unreadable',
      problem: { line: 2, message: expect.stringContaining('100 deep') as string },
    });
  });
});
