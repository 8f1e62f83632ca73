import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaskRecord } from '../../../src/core/task.ts';
import { mergeRecord } from '../../../src/queue/file/record.ts';
import { spliceRecord } from '../../../src/queue/file/splice.ts';
import { readTask } from '../../../src/queue/file/task-file.ts';
import type { TaskExtension } from '../../../src/queue/file/task-name.ts';

/** What the text becomes when `record` is merged into its block. */
function noted(text: string, record: TaskRecord, extension: TaskExtension = '.yaml'): string | undefined {
  return spliceRecord(text, extension, (existing) => mergeRecord(existing, record));
}

function taskIn(text: string, extension: TaskExtension = '.yaml') {
  const read = readTask(text, { id: 'some-task', extension });
  if (read.kind === 'unreadable') throw new Error(`${JSON.stringify(read.problem)} in\n${text}`);
  return read.task;
}

describe('the oompa block', () => {
  it('is added below what the person wrote', () => {
    expect(noted('title: Add a form   # from the call\nfiles: [ a.ts ]\n', { outcome: 'landed', rounds: 2 })).toBe(
      'title: Add a form   # from the call\nfiles: [ a.ts ]\noompa:\n  outcome: landed\n  rounds: 2\n',
    );
  });

  it('takes the place of the earlier block, wherever that stands, and leaves comments and blank lines alone', () => {
    const text = 'oompa:\n  outcome: interrupted\n  feedback: |-\n    a\n    b\n\n# mine\ntitle: x\n\n\n# end';
    expect(noted(text, { outcome: 'landed' })).toBe(
      'oompa:\n  outcome: landed\n  feedback: |-\n    a\n    b\n\n# mine\ntitle: x\n\n\n# end',
    );
  });

  it('keeps the keys that the new record does not mention, also those of another version', () => {
    const text = 'title: x\noompa: {created_by: planner, future: [1, 2], attempts: 1}\n';
    const after = noted(text, { attempts: 2, outcome: 'rejected' });
    expect(after).toBe(
      'title: x\noompa:\n  created_by: planner\n  outcome: rejected\n  attempts: 2\n  future:\n    - 1\n    - 2\n',
    );
  });

  it('goes into a JSON object in the style of the object', () => {
    expect(noted('{"title": "x"}', { attempts: 1 }, '.json')).toBe('{"title": "x", "oompa": {"attempts":1}}');
    expect(noted('{\n  "title": "x"\n}\n', { attempts: 1 }, '.json')).toBe(
      '{\n  "title": "x",\n  "oompa": {\n    "attempts": 1\n  }\n}\n',
    );
    const again = noted('{"oompa": {"attempts": 1}, "title": "x"}', { attempts: 2 }, '.json');
    expect(again).toBe('{"oompa": {"attempts":2}, "title": "x"}');
  });

  it('goes into the front matter of a .md file, and makes one where there is none', () => {
    expect(noted('---\ntitle: x\n---\nDo it.\n', { attempts: 1 }, '.md')).toBe(
      '---\ntitle: x\noompa:\n  attempts: 1\n---\nDo it.\n',
    );
    expect(noted('# x\r\nDo it.', { attempts: 1 }, '.md')).toBe(
      '---\r\noompa:\r\n  attempts: 1\r\n---\r\n# x\r\nDo it.',
    );
  });

  it('stands above the mark that ends a YAML document', () => {
    expect(noted('---\ntitle: x\n...\n', { attempts: 1 })).toBe('---\ntitle: x\noompa:\n  attempts: 1\n...\n');
  });

  it('follows the indentation and the line ends of the file', () => {
    expect(noted('  title: x\r\n', { attempts: 1, feedback: 'a\nb' })).toBe(
      '  title: x\r\n  oompa:\r\n    attempts: 1\r\n    feedback: |-\r\n      a\r\n      b\r\n',
    );
  });

  it.each(['- a\n', 'title: "x\n', '\ttitle: x\n', '---\ntitle: x\n'])('is not forced into %j', (text) => {
    expect(noted(text, { attempts: 1 }, text.startsWith('---') ? '.md' : '.yaml')).toBeUndefined();
  });

  it('changes nothing when there is nothing to note', () => {
    expect(noted('title: x', {})).toBe('title: x');
  });
});

const line = fc.oneof(
  fc.constantFrom(
    '# a comment',
    '',
    '  ',
    'acceptance: [ one,   "two" ]',
    "description: 'it''s'",
    'priority:   3 # low',
  ),
  fc.constantFrom('description: |\n  text\n\n', 'files:\n- a.ts # why\n-   b.ts', 'description: >-\n  folded\n  text'),
  fc.constantFrom('depends_on:\n    - other\n    # last', 'acceptance:\n  - |+\n    kept\n\n'),
);
const block = fc.constantFrom(
  'oompa: {attempts: 1} # behind',
  'oompa:\n  attempts: 1\n  feedback: |\n    old\n\n\n',
  'oompa:',
  '"oompa":   # which\n  by: "me"',
  'oompa:\n    outcome: landed\n# out',
);
const anyText = fc.string({ unit: 'binary', maxLength: 60 });
const texts = fc.oneof(
  anyText,
  fc
    .array(
      fc.constantFrom('a', ' ', '\n', '\t', '#', ': ', '- ', '"', "'", '\\', '|', '>', '\r\n', 'é', '\u2028', '---\n'),
    )
    .map((parts) => parts.join('')),
);
const records = fc.record(
  { outcome: texts, feedback: texts, attempts: fc.nat(), by: texts, at: texts, answer: texts },
  { requiredKeys: [] },
);

/** Whole files: distinct keys in any order, a block or none anywhere, either line end, with or without an end of the last line. */
const files = fc
  .record({
    lines: fc.uniqueArray(line, { selector: (text) => /^\w+/.exec(text)?.[0] ?? text }),
    block: fc.option(block, { nil: undefined }),
    at: fc.nat(8),
    crlf: fc.boolean(),
    open: fc.boolean(),
    mark: fc.boolean(),
  })
  .map(({ lines, block: own, at, crlf, open, mark }) => {
    const all = ['title: A title', ...lines];
    if (own !== undefined) all.splice(at, 0, own);
    const text = `${mark ? '\uFEFF' : ''}${all.join('\n')}${open ? '' : '\n'}`;
    const style = (part: string) => (crlf ? part.replaceAll('\n', '\r\n') : part);
    return { text: style(text), block: own === undefined ? undefined : style(own) };
  });

const tidy = (text: string) => text.replace(/\r\n?/g, '\n').trimEnd();

describe('the oompa block, whatever the file and the record', () => {
  it('leaves every byte outside itself as it was', () => {
    fc.assert(
      fc.property(files, records, ({ text, block: own }, record) => {
        const once = noted(text, { ...record, run: 'r1' });
        if (once === undefined) throw new Error('not spliced');
        const [before, after] = own === undefined ? [text, ''] : split(text, own);
        expect(once.startsWith(before)).toBe(true);
        expect(once.endsWith(after)).toBe(true);
        const { record: _, ...rest } = taskIn(once);
        const { record: __, ...was } = taskIn(text);
        expect(rest).toEqual(was);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives back what was noted, time after time', () => {
    fc.assert(
      fc.property(files, records, records, ({ text }, first, second) => {
        const once = noted(text, first);
        const twice = noted(once ?? '', second);
        const expected = { ...taskIn(text).record, ...first, ...second };
        for (const [key, value] of Object.entries(expected)) {
          const got = taskIn(twice ?? '').record[key as keyof TaskRecord];
          expect(got).toBe(typeof value === 'string' ? tidy(value) : value);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('does both in JSON and in flow mappings', () => {
    const shapes = fc.constantFrom(
      ['{"title": "x"', '}'],
      ['{ "title":"x",\n\t"priority": 1', '\n}\n'],
      ['{title: x', ', }'],
      ['{title: x', ' # c\n}'],
    );
    fc.assert(
      fc.property(shapes, records, records, ([head = '', tail = ''], first, second) => {
        const text = head + tail;
        const twice = noted(noted(text, first, '.json') ?? '', second, '.json') ?? '';
        const { record, ...rest } = taskIn(twice, '.json');
        expect(rest).toEqual({ ...taskIn(text, '.json'), record: undefined, ...rest });
        for (const [key, value] of Object.entries({ ...first, ...second })) {
          expect(record[key as keyof TaskRecord]).toBe(typeof value === 'string' ? tidy(value) : value);
        }
        expect(twice.startsWith(head) && twice.endsWith(tail)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

/** What stands before the block and behind it; its trailing comment and blank lines are not the block's. */
function split(text: string, own: string): [string, string] {
  const at = text.indexOf(own);
  const core = own.replace(/(\r?\n# out| # behind)$/, '').trimEnd();
  return [text.slice(0, at), text.slice(at + core.length)];
}
