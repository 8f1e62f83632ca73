import { describe, expect, test } from 'vitest';
import { fillPrompt, plannerPrompt, promptValues, reviewPrompt, workerPrompt } from '../../src/core/prompt.ts';
import type { WorkerPrompt } from '../../src/core/prompt.ts';
import type { Task } from '../../src/core/task.ts';

const task: Task = {
  id: 'health',
  title: 'Add a health endpoint',
  description: 'It answers $& and {{worker}}.',
  acceptance: ['GET /health answers 200'],
  files: ['src/**'],
  dependsOn: [],
  priority: 0,
  record: {},
};
const place = { worker: 'builders-1', run: 'r1', branch: 'oompa/r1/builders-1-i1', main: 'main' };
const prompt: WorkerPrompt = {
  role: 'You build.',
  task,
  canPlan: false,
  kind: 'start',
  fresh: true,
  feedback: [],
  diff: '',
};

describe('a prompt file', () => {
  test('has its tokens filled in, and the values are taken as they are', () => {
    expect(fillPrompt('{{task.title}} by {{ worker }}: {{task.description}}', promptValues(task, place))).toBe(
      'Add a health endpoint by builders-1: It answers $& and {{worker}}.',
    );
  });
});

describe("a worker's prompt", () => {
  test('holds role, task, acceptance, scope and how to finish when the session is fresh', () => {
    const text = workerPrompt(prompt);
    for (const part of [
      'You build.',
      '# Task: Add a health endpoint',
      '- GET /health answers 200',
      '- src/**',
      'COMPLETE_AND_READY_FOR_MERGE',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('tasks/pending/');
  });

  test('tells how to propose tasks only to those who may', () => {
    expect(workerPrompt({ ...prompt, canPlan: true })).toContain('tasks/pending/<short-name>.yaml');
  });

  test('is light when the session is resumed', () => {
    const text = workerPrompt({ ...prompt, kind: 'continue', fresh: false });
    expect(text).not.toContain('Add a health endpoint');
    expect(text).toContain('COMPLETE_AND_READY_FOR_MERGE');
  });

  test("carries all rounds' feedback into a fix turn, resumed or fresh", () => {
    const feedback = [
      { source: 'review', round: 1, text: 'cookie stays' },
      { source: 'verify', text: 'red test' },
    ] as const;
    const resumed = workerPrompt({ ...prompt, kind: 'fix', fresh: false, feedback });
    const fresh = workerPrompt({ ...prompt, kind: 'fix', fresh: true, feedback, diff: '+x' });
    for (const text of [resumed, fresh]) {
      expect(text).toContain('## Review, round 1\n\ncookie stays');
      expect(text).toContain('## The checks failed\n\nred test');
    }
    expect(fresh).toContain('+x');
    expect(fresh).toContain('# Task: Add a health endpoint');
    expect(fresh.match(/cookie stays/g)).toHaveLength(1);
  });

  test('starts from what an earlier attempt, its rescue ref and the owner said', () => {
    const record = {
      feedback: 'was rejected',
      rescue: 'refs/oompa/rescue/health/x',
      question: 'Which port?',
      answer: '8080',
    };
    const text = workerPrompt({ ...prompt, task: { ...task, record } });
    for (const part of ['was rejected', 'git log -p HEAD..refs/oompa/rescue/health/x', 'Which port?', '8080'])
      expect(text).toContain(part);
  });
});

describe('the prompt after an answer', () => {
  const record = {
    rescue: 'refs/oompa/rescue/health/x',
    question: 'Which port?',
    answer: '8080\nand 8443 for TLS',
    feedback: 'an older objection',
  };
  const answered: WorkerPrompt = { ...prompt, kind: 'answered', task: { ...task, record } };

  test('gives a resumed session what is new: the answer, the new worktree, and where its work is kept', () => {
    const text = workerPrompt({ ...answered, fresh: false });
    for (const part of [
      'Which port?\n\n8080\nand 8443 for TLS',
      'made anew from main',
      '`git cherry-pick HEAD..refs/oompa/rescue/health/x`',
      'Go on with the task',
      'COMPLETE_AND_READY_FOR_MERGE',
    ]) {
      expect(text).toContain(part);
    }
    for (const known of ['# Task:', 'You build.', 'an older objection']) expect(text).not.toContain(known);
  });

  test('speaks of no kept work where there is none', () => {
    const { rescue: _rescue, ...rest } = record;
    const text = workerPrompt({ ...answered, task: { ...task, record: rest }, fresh: false });
    expect(text).not.toContain('cherry-pick');
  });

  test('gives a fresh session everything, and the answer once', () => {
    const text = workerPrompt(answered);
    expect(text).toBe(workerPrompt({ ...answered, kind: 'start' }));
    expect(text).toContain('# Task: Add a health endpoint');
    expect(text.match(/8443/g)).toHaveLength(1);
  });
});

describe("a reviewer's prompt", () => {
  const review = {
    role: 'You review.',
    task,
    round: 2,
    diff: '+```\n+code',
    cut: ['big.json'],
    showAll: 'git diff a b',
    earlier: [],
  };

  test('presents the three verdicts, the diff in a fence that it cannot end, and how to see what was cut', () => {
    const text = reviewPrompt(review);
    for (const part of [
      'VERDICT: APPROVED',
      'VERDICT: NEEDS_CHANGES',
      'VERDICT: REJECTED',
      '````diff',
      'big.json',
      '`git diff a b`',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('asks to check the earlier objections and raise nothing new but blockers', () => {
    const text = reviewPrompt({ ...review, earlier: [{ source: 'review', round: 1, text: 'cookie stays' }] });
    expect(text).toContain('cookie stays');
    expect(text).toContain('Raise nothing new unless it is a blocker.');
  });
});

test("a planner's prompt names the queue, the room and how to stop", () => {
  const text = plannerPrompt('You plan.', { pending: [task], known: ['health', 'old'], room: 4 });
  for (const part of ['- health: Add a health endpoint', 'health, old', 'at most 4', '__DONE__'])
    expect(text).toContain(part);
});
