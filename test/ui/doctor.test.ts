import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderDoctor } from '../../src/ui/doctor.ts';
import type { Check, Diagnosis } from '../../src/ui/doctor.ts';
import type { ProbedAgent } from '../../src/ui/probes.ts';

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

  it('shows the agents that were asked last, aligned, in words that keep within the width', () => {
    const probes: ProbedAgent[] = [
      {
        ...{ harness: 'claude', model: 'sonnet' },
        result: { kind: 'answered', said: 'ready', ms: 2100, usage: { input: 18_000, output: 4, costUsd: 0.021 } },
      },
      {
        ...{ harness: 'codex', model: 'gpt-6', effort: 'high' },
        result: { kind: 'answered', said: '\u001b[2JI am!', ms: 900, usage: { input: 0, output: 0, costUsd: 0.001 } },
      },
      {
        harness: 'gemini',
        result: { kind: 'failed', ms: 60_000, failure: { kind: 'timeout', detail: 'it\nreached the time limit' } },
      },
      { harness: 'opencode', result: { kind: 'stopped' } },
    ];
    const screen = renderDoctor({ checks: [], probes, problems: 1, warnings: 1, next: 'oompa doctor --probe' }, plain);
    expect(screen.split('\n').slice(0, 3)).toEqual([
      '  ok    claude sonnet      answered in 2 s · 18k tokens · $0.02',
      '  ok    codex gpt-6, high  answered in 0.9 s · under $0.01 · it said "I am!"',
      '  fail  gemini             gemini took too long for a turn: it reached the time',
    ]);
    expect(screen).toContain(`\n${' '.repeat(27)}give it longer with: oompa doctor --probe --timeout`);
    expect(screen).toContain('  warn  opencode           stopped before it had answered\n');
    expect(screen).toContain('Check again with: oompa doctor --probe\n');
    expect(Math.max(...screen.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('lets no file name play with the terminal', () => {
    const checks: Check[] = [{ status: 'warn', text: 'tasks/\u001b[2Jx.yaml' }];
    expect(renderDoctor({ checks, problems: 0, warnings: 1, next: 'oompa swarm' }, plain)).not.toContain('\u001b');
  });
});

const plain = { color: false, columns: 80 };
