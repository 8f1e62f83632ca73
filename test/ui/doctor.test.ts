import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderDoctor } from '../../src/ui/doctor.ts';
import type { Check, Diagnosis } from '../../src/ui/doctor.ts';

describe('renderDoctor', () => {
  it('shows a line a check with its remedy below, and the count with the next command', () => {
    const checks: Check[] = [
      { status: 'ok', text: 'git 2.39.5' },
      { status: 'warn', text: 'claude 2.1.329 · running as root: its bypass needs IS_SANDBOX=1, which oompa sets' },
      { status: 'fail', text: 'codex: not on PATH, pool `fast` needs it', hint: 'npm install -g @openai/codex' },
    ];
    expect(renderDoctor({ checks, problems: 1, warnings: 1, next: 'oompa doctor' }, plain)).toBe(
      [
        '  ok    git 2.39.5',
        '  warn  claude 2.1.329 · running as root: its bypass needs IS_SANDBOX=1, which',
        '        oompa sets',
        '  fail  codex: not on PATH, pool `fast` needs it',
        '        npm install -g @openai/codex',
        '1 problem, 1 warning. Check again with: oompa doctor',
        '',
      ].join('\n'),
    );
  });

  it('says that all is well, and what to start with', () => {
    const screen = renderDoctor({ checks: [], problems: 0, warnings: 0, next: 'oompa swarm' }, plain);
    expect(screen).toBe('all well. Start with: oompa swarm\n');
  });

  it('names another command where that is what helps', () => {
    const screen = renderDoctor({ checks: [], problems: 1, warnings: 0, next: 'oompa init' }, plain);
    expect(screen).toBe('1 problem. Next: oompa init\n');
  });

  it('shows every problem of a file in its place', () => {
    const place = { line: 1, column: 1, length: 5, source: 'wrkrs: []' };
    const diagnostics = [{ file: 'oompa.config.yaml', place, message: 'unknown key', hint: 'did you mean `workers`?' }];
    const checks: Check[] = [{ status: 'fail', text: 'oompa.config.yaml: 1 problem', diagnostics }];
    const screen = renderDoctor({ checks, problems: 1, warnings: 0, next: 'oompa doctor' }, plain);
    expect(screen).toContain('oompa.config.yaml:1:1  unknown key\n   1 | wrkrs: []\n     | ^^^^^  did you mean');
  });

  it('puts nothing into colours that the words do not say', () => {
    const diagnosis: Diagnosis = {
      checks: [{ status: 'fail', text: 'disk 1 MB free', hint: 'make room' }],
      ...{ problems: 1, warnings: 0, next: 'oompa doctor' },
    };
    const coloured = renderDoctor(diagnosis, { color: true, columns: 80 });
    expect(stripVTControlCharacters(coloured)).toBe(renderDoctor(diagnosis, plain));
  });

  it('keeps within the width of the terminal', () => {
    const checks: Check[] = [{ status: 'ok', text: 'word '.repeat(60), hint: 'hint '.repeat(60) }];
    const lines = renderDoctor(
      { checks, problems: 0, warnings: 0, next: 'oompa swarm' },
      { color: false, columns: 50 },
    );
    expect(Math.max(...lines.split('\n').map((line) => line.length))).toBeLessThanOrEqual(50);
  });

  it('lets no file name play with the terminal', () => {
    const checks: Check[] = [{ status: 'warn', text: 'tasks/\u001b[2Jx.yaml' }];
    expect(renderDoctor({ checks, problems: 0, warnings: 1, next: 'oompa swarm' }, plain)).not.toContain('\u001b');
  });
});

const plain = { color: false, columns: 80 };
