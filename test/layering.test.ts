import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layers, maxLines, violations } from './rig/layers.ts';

const source = join(import.meta.dirname, '..', 'src');

describe('the source', () => {
  it('keeps to its layers, to a pure core and to small files', () => {
    expect(violations(readSource())).toEqual([]);
  });
});

describe('the layer rules', () => {
  it.each(edges())('$from may import $to: $allowed', ({ from, to, allowed }) => {
    const found = violations([importing(from, to)]);
    expect(found).toEqual(allowed ? [] : [`src/${from} → src/${to}`]);
  });

  it('let a backend of the queue import the port and nothing else of the queue', () => {
    expect(violations([importing('queue/file/a.ts', 'queue/queue.ts')])).toEqual([]);
    expect(violations([importing('queue/file/a.ts', 'queue/registry.ts')])).toHaveLength(1);
    expect(violations([importing('queue/registry.ts', 'queue/file/a.ts')])).toEqual([]);
  });

  it.each([
    ['a type import', "import type { A } from '../engine/a.ts';"],
    ['an import for its effects', "import '../engine/a.ts';"],
    ['an import over several lines', "import {\n  a,\n  b,\n} from '../engine/a.ts';"],
    ['a re-export', "export { a } from '../engine/a.ts';"],
    ['a re-export of everything', "export * from '../engine/a.ts';"],
    ['a dynamic import', "const a = await import('../engine/a.ts');"],
    ['an import inside a type', "export type A = import('../engine/a.ts').A;"],
    ['an import below the first statement', "const a = 1;\nimport { b } from '../engine/a.ts';"],
  ])('see %s', (_what, text) => {
    expect(violations([{ path: 'git/a.ts', text }])).toEqual(['src/git/a.ts → src/engine/a.ts']);
  });

  it('do not see an import that is only spoken of', () => {
    const text = "// import { a } from '../engine/a.ts';\nexport const b = `import '../engine/a.ts'`;";
    expect(violations([{ path: 'git/a.ts', text }])).toEqual([]);
  });

  it('let every layer but core use packages and node modules', () => {
    const text = "import { readFile } from 'node:fs/promises';\nimport { parse } from 'yaml';";
    expect(violations([{ path: 'queue/file/a.ts', text }])).toEqual([]);
    expect(violations([{ path: 'core/a.ts', text }])).toEqual([
      'src/core/a.ts → node:fs/promises (core is pure)',
      'src/core/a.ts → yaml (core is pure)',
    ]);
  });

  it('name a file that lies in no layer, and an import that leaves src', () => {
    expect(violations([{ path: 'extra/a.ts', text: '' }])[0]).toContain('belongs to no layer');
    expect(violations([{ path: 'git/a.ts', text: "import '../../test/rig/layers.ts';" }])).toEqual([
      'src/git/a.ts → ../test/rig/layers.ts (outside src)',
    ]);
  });
});

describe('a pure core', () => {
  it.each([
    ['Date.now()', 'Date.now'],
    ['new Date()', 'new Date('],
    ['new Date(0)', 'new Date('],
    ['Math.random()', 'Math.random'],
    ['process.env', 'process.env'],
    ["process['env']", "process['env']"],
    ['globalThis.process.pid', 'globalThis.process.pid'],
    ['performance.now()', 'performance.now'],
    ['crypto.randomUUID()', 'crypto.randomUUID'],
  ])('has no %s', (expression, what) => {
    const text = `export const a = () => ${expression};`;
    expect(violations([{ path: 'core/a.ts', text }])).toEqual([`src/core/a.ts → ${what} (core is pure)`]);
    expect(violations([{ path: 'system/a.ts', text }])).toEqual([]);
  });

  it('may speak of clocks and processes, and take them as arguments', () => {
    const text = '// Date.now() and process.env\nexport const a = (now: number) => `process.env ${now + Date.UTC(0)}`;';
    expect(violations([{ path: 'core/a.ts', text }])).toEqual([]);
  });
});

describe('the size limit', () => {
  it('lets a file have as many lines as it says, and no more', () => {
    const lines = (count: number) => ({ path: 'git/a.ts', text: '// a line\n'.repeat(count) });
    expect(violations([lines(maxLines)])).toEqual([]);
    expect(violations([lines(maxLines + 1)])).toEqual(['src/git/a.ts → 251 lines (at most 250)']);
  });
});

/** Spelled out again, not computed from the table, so that a slip of the pen in either shows. */
const allowedEdges: Readonly<Record<string, string>> = {
  'cli.ts': 'cli commands ui core',
  cli: 'commands ui core',
  commands: 'engine queue queue/file harness git config runs notify ui demo system core',
  engine: 'queue queue/file harness health git config runs system core',
  queue: 'queue/file system core',
  'queue/file': 'system core',
  harness: 'system core',
  health: 'system core',
  git: 'system core',
  config: 'system core',
  runs: 'system core',
  notify: 'system core',
  demo: 'system core',
  ui: 'core',
  system: 'core',
  core: '',
};

function edges() {
  const names = Object.keys(layers);
  expect(Object.keys(allowedEdges)).toEqual(names);
  return names.flatMap((from) =>
    names.map((to) => ({
      from: fileIn(from),
      to: fileIn(to),
      allowed: from === to || (allowedEdges[from] ?? '').split(' ').includes(to),
    })),
  );
}

function fileIn(layer: string): string {
  return layer.endsWith('.ts') ? layer : `${layer}/a.ts`;
}

function importing(from: string, to: string) {
  const up = '../'.repeat(from.split('/').length - 1) || './';
  return { path: from, text: `import { a } from '${up}${to}';\n` };
}

function readSource() {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => ({ path: path.split(sep).join('/'), text: readFileSync(join(source, path), 'utf8') }));
}
