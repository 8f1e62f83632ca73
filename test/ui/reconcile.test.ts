import { describe, expect, it } from 'vitest';
import type { Found } from '../../src/core/reconcile.ts';
import { judge } from '../../src/core/reconcile.ts';
import type { ReconcileItem } from '../../src/ui/reconcile.ts';
import { countsByKind, renderOutcome, renderVerdicts } from '../../src/ui/reconcile.ts';
import { displayWidth } from '../../src/ui/text.ts';

const io = { color: false, columns: 80 };
const live: Found = { kind: 'task', name: 'live', fate: 'live' };
const left: Found = { kind: 'task', name: 'add-login', fate: 'released' };
const held: Found = { kind: 'task', name: 'ui-theme', fate: 'held' };
const worktree: Found = { kind: 'worktree', name: 'builders-1', holder: 'gone', mayHoldWork: true, whole: true };

describe('the verdicts', () => {
  it('are a line each, with why; what is as it should be is counted', () => {
    expect(renderVerdicts([live, left, held, live].map(judge), io).split('\n')).toEqual([
      '  put back  task       add-login  its run is gone; no attempt is used',
      '  held      task       ui-theme   it waits for your checkout: oompa land',
      '2 more things of past and present runs: as it should be.',
      '',
      '',
    ]);
  });

  it('fit the screen, whatever a name is, and cut no name', () => {
    const name = `oompa/20261120T140159-k3f9/${'long-'.repeat(20)}i1`;
    const branch: Found = { kind: 'branch', name, holder: 'gone', checkedOut: false, kept: false };
    const lines = renderVerdicts([judge(branch)], io).split('\n');
    expect(lines[0]).toBe(`  rescue    branch     ${name}`);
    for (const line of lines.slice(1)) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  });

  it('say so when there is nothing', () => {
    expect(renderVerdicts([], io)).toBe('Nothing was left behind.\n\n');
    expect(renderVerdicts([judge(live)], io)).toBe('1 thing of past and present runs: as it should be.\n\n');
  });
});

describe('the outcome', () => {
  it('of a dry run says what would do it', () => {
    expect(renderOutcome([left, held, live].map(judge), true, io)).toBe(
      'Nothing was changed. Put right 1 thing with: oompa doctor --fix\n\n',
    );
  });

  it('names where work is kept, and what could not be put right', () => {
    const items: ReconcileItem[] = [
      { ...judge(worktree), result: 'done', detail: 'kept: git log -p refs/oompa/rescue/a/r' },
      { ...judge(left), result: 'failed', detail: 'no space is left on the disk' },
    ];
    expect(renderOutcome(items, false, io).split('\n')).toEqual([
      '  done  builders-1: kept: git log -p refs/oompa/rescue/a/r',
      '  fail  add-login: no space is left on the disk',
      'Put right: 1 thing; 1 could not be; look again with: oompa doctor --fix.',
      '',
      '',
    ]);
  });

  it('is silent when nothing was to be done', () => {
    expect(renderOutcome([judge(live), judge(held)], false, io)).toBe('');
  });
});

it('counts by kind', () => {
  expect(countsByKind([left, worktree, held].map(judge))).toBe('2 tasks, 1 worktree');
});
