import type { EventMap, NewEvent, RunEvent } from '../../src/core/event.ts';
import type { Outcome } from '../../src/core/outcome.ts';

const startedAt = Date.parse('2026-11-20T14:01:59Z');
const kimi = { harness: 'opencode', model: 'kimi-k2.5' };
const reviewer = 'claude sonnet';

/** A run with one of everything: two rounds, a red check, a conflict, held work, a question, a task that fails three times. */
export const exampleRun: readonly RunEvent[] = [
  at(0, {
    type: 'run:started',
    schema: 1,
    run: '20261120T140159-k3f9',
    version: '0.1.0',
    pid: 4711,
    host: 'somewhere',
    branch: 'main',
    base: '1a2b3c4d5e6f',
    pending: 12,
    maxCostUsd: 20,
    workers: [
      ...['builders-1', 'builders-2', 'builders-3'].map((name) => ({ name, pool: 'builders', ...kimi })),
      { name: 'fast-1', pool: 'fast', harness: 'codex', model: 'gpt-5.3' },
    ],
  }),
  at(0, { type: 'task:recovered', task: 'old-docs', how: 'completed' }),
  at(0, {
    type: 'task:unreadable',
    path: 'tasks/pending/api.yaml',
    line: 4,
    column: 1,
    message: 'a tab cannot begin a line of YAML',
  }),
  ...['builders-1', 'builders-2', 'builders-3', 'fast-1'].map((worker) => at(0, { type: 'worker:started', worker })),
  ...addLogin(),
  ...fixParser(),
  ...uiTheme(),
  ...billing(),
  at(420, { type: 'worker:waiting', worker: 'fast-1', why: 'for the rate limit of codex gpt-5.3' }),
  ...renameKeys(),
  at(1500, { type: 'run:ended', why: 'dry', pending: 0 }),
].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));

/** The events of the example up to that second of the run. */
export function exampleUntil(second: number): RunEvent[] {
  return exampleRun.filter((event) => Date.parse(event.at) <= startedAt + second * 1000);
}

/** The time of that second of the example, ISO 8601. */
export function exampleTime(second: number): string {
  return new Date(startedAt + second * 1000).toISOString();
}

/** An event at that second of the example. */
export function at(second: number, event: NewEvent): RunEvent {
  return { at: exampleTime(second), ...event };
}

/** Approved in its second round. */
function addLogin(): RunEvent[] {
  const of = { worker: 'builders-1', task: 'add-login', iteration: 1 };
  return [
    claim(1, of, 'Add a login form'),
    at(2, { type: 'worktree:ready', ...of, branch: 'oompa/k3f9/builders-1-i1', base: '1a2b3c4d5e6f', ms: 90 }),
    at(2, { type: 'turn:started', ...of, turn: 1, prompt: 'start', session: 'fresh', ...kimi }),
    at(20, { type: 'turn:said', ...of, turn: 1, text: 'edit src/login.ts' }),
    turn(43, of, { turn: 1, signal: 'ready', usage: { input: 11_000, output: 900, costUsd: 0.06 }, ms: 41_000 }),
    commit(43, of, '77ac01e0aa', ['src/login.ts', 'src/session.ts', 'test/login.test.ts']),
    at(43, { type: 'review:started', ...of, round: 1, reviewer, maxRounds: 3 }),
    review(64, of, { round: 1, verdict: 'needs-changes', summary: 'the logout handler leaves the cookie' }),
    at(64, { type: 'turn:started', ...of, turn: 2, prompt: 'fix', session: 'resumed', ...kimi }),
    at(70, { type: 'turn:said', ...of, turn: 2, text: 'checking that the session cookie is cleared on logout' }),
    turn(95, of, { turn: 2, signal: 'ready', usage: { input: 5_000, output: 400, costUsd: 0.03 }, ms: 31_000 }),
    commit(95, of, '88bd12f0aa', ['src/session.ts']),
    at(95, { type: 'review:started', ...of, round: 2, reviewer, maxRounds: 3 }),
    review(116, of, { round: 2, verdict: 'approved', summary: 'The cookie is cleared now.' }),
    ...landed(116, of, '9f2e1ac4aa', 'Add a login form'),
  ];
}

/** Silent three times, then failed; its last attempt is kept. */
function fixParser(): RunEvent[] {
  return [1, 2, 3].flatMap((attempt) => {
    const of = { worker: 'builders-2', task: 'fix-parser', iteration: attempt };
    const start = (attempt - 1) * 400;
    const failure = { kind: 'silent', detail: 'no output for 5 min' } as const;
    return [
      claim(start + 1, of, 'Fix the parser of nested lists', attempt),
      at(start + 2, { type: 'turn:started', ...of, turn: 1, prompt: 'start', session: 'fresh', ...kimi }),
      at(start + 30, { type: 'turn:said', ...of, turn: 1, text: 'edit src/parser.ts' }),
      at(start + 332, {
        type: 'turn:ended',
        ...of,
        turn: 1,
        ...kimi,
        ending: 'failed',
        failure,
        said: 'running the whole test suite',
        usage: { input: 4_000, output: 100, costUsd: 0.02 },
        ms: 330_000,
      }),
      at(start + 333, {
        type: 'work:rescued',
        ...of,
        ref: `refs/oompa/rescue/fix-parser/${String(attempt)}`,
        commit: 'd00df00d',
      }),
      ended(start + 333, of, { kind: 'agent-failed', failure }, attempt === 3 ? 'fail' : 'release', attempt),
    ];
  });
}

/** Approved, but the user's checkout is in the way. */
function uiTheme(): RunEvent[] {
  const of = { worker: 'builders-3', task: 'ui-theme', iteration: 1 };
  const held = { paths: ['src/app.css'], why: 'uncommitted changes in your checkout' };
  return [
    claim(2, of, 'Add a dark theme'),
    at(3, { type: 'turn:started', ...of, turn: 1, prompt: 'start', session: 'fresh', ...kimi }),
    turn(50, of, { turn: 1, signal: 'ready', usage: { input: 8_000, output: 700, costUsd: 0.05 }, ms: 47_000 }),
    commit(50, of, 'c0ffee10aa', ['src/app.css']),
    at(50, { type: 'review:started', ...of, round: 1, reviewer, maxRounds: 3 }),
    review(70, of, { round: 1, verdict: 'approved', summary: 'Fine.' }),
    at(74, { type: 'landing:held', ...of, commit: 'c0ffee10aa', ...held }),
    at(74, { type: 'work:rescued', ...of, ref: 'refs/oompa/rescue/ui-theme/1', commit: 'c0ffee10aa' }),
    ended(74, of, { kind: 'held', ...held }, 'stay'),
  ];
}

/** The agent asks its owner. */
function billing(): RunEvent[] {
  const of = { worker: 'fast-1', task: 'billing', iteration: 1 };
  const codex = { harness: 'codex', model: 'gpt-5.3' };
  return [
    claim(3, of, 'Store prices'),
    at(4, { type: 'turn:started', ...of, turn: 1, prompt: 'start', session: 'fresh', ...codex }),
    turn(30, of, { turn: 1, ...codex, signal: 'needs-input', usage: { input: 3_000, output: 200 }, ms: 26_000 }),
    ended(30, of, { kind: 'needs-input', question: 'Which currency do stored prices use?' }, 'block'),
  ];
}

/** Its check is red at first, then it conflicts with what landed meanwhile. */
function renameKeys(): RunEvent[] {
  const of = { worker: 'builders-3', task: 'rename-keys', iteration: 2 };
  const tree = 'beefbeef';
  return [
    claim(80, of, 'Rename the config keys'),
    at(81, { type: 'turn:started', ...of, turn: 1, prompt: 'start', session: 'fresh', ...kimi }),
    turn(120, of, { turn: 1, signal: 'ready', usage: { input: 6_000, output: 500, costUsd: 0.04 }, ms: 39_000 }),
    commit(120, of, 'aaaaaaa1', ['src/config.ts']),
    at(121, { type: 'review:started', ...of, round: 1, reviewer, maxRounds: 3 }),
    review(140, of, { round: 1, verdict: 'approved', summary: 'Good.' }),
    at(141, { type: 'verify:started', ...of, command: 'npm test', tree }),
    at(240, {
      type: 'verify:ended',
      ...of,
      command: 'npm test',
      tree,
      result: 'failed',
      detail: 'exit code 1',
      ms: 99_000,
    }),
    at(240, { type: 'work:sent-back', ...of, feedback: { source: 'verify', text: 'config.test.ts fails' } }),
    at(241, { type: 'turn:started', ...of, turn: 2, prompt: 'fix', session: 'resumed', ...kimi }),
    turn(260, of, { turn: 2, signal: 'ready', usage: { input: 2_000, output: 100, costUsd: 0.01 }, ms: 19_000 }),
    at(262, { type: 'landing:conflicted', ...of, paths: ['src/config.ts'] }),
    at(263, { type: 'turn:started', ...of, turn: 3, prompt: 'conflict', session: 'resumed', ...kimi }),
    turn(300, of, { turn: 3, signal: 'ready', usage: { input: 2_000, output: 100, costUsd: 0.01 }, ms: 37_000 }),
    ...landed(301, of, '4f1c2ab0aa', 'Rename the config keys'),
  ];
}

type Of = Pick<EventMap['task:claimed'], 'worker' | 'task' | 'iteration'>;

function claim(second: number, of: Of, title: string, attempt = 1): RunEvent {
  return at(second, { type: 'task:claimed', ...of, title, generation: attempt, attempt, from: 'pending' });
}

function turn(
  second: number,
  of: Of,
  ended: Partial<EventMap['turn:ended']> & Pick<EventMap['turn:ended'], 'turn' | 'usage' | 'ms'>,
) {
  return at(second, { type: 'turn:ended', ...of, ...kimi, ending: 'answered', ...ended });
}

function commit(second: number, of: Of, id: string, files: readonly string[]): RunEvent {
  return at(second, { type: 'work:committed', ...of, commit: id, files, added: 40, deleted: 2 });
}

function review(
  second: number,
  of: Of,
  said: Pick<EventMap['review:ended'], 'round' | 'verdict' | 'summary'>,
): RunEvent {
  const log = `reviews/${of.worker}-i${String(of.iteration)}-r${String(said.round)}.md`;
  return at(second, {
    type: 'review:ended',
    ...of,
    reviewer,
    ...said,
    log,
    usage: { input: 400, output: 40, costUsd: 0.01 },
    ms: 20_000,
  });
}

function landed(second: number, of: Of, id: string, title: string): RunEvent[] {
  const tree = `tree-${id}`;
  return [
    at(second, { type: 'verify:started', ...of, command: 'npm test', tree }),
    at(second + 6, { type: 'verify:ended', ...of, command: 'npm test', tree, result: 'passed', detail: '', ms: 6_000 }),
    at(second + 6, { type: 'landing:intended', ...of, commit: id, from: '1a2b3c4d5e6f' }),
    at(second + 6, { type: 'landing:landed', ...of, commit: id, title, ms: 30 }),
    ended(second + 6, of, { kind: 'landed', commit: id }, 'complete'),
  ];
}

function ended(
  second: number,
  of: Of,
  outcome: Outcome,
  transition: EventMap['iteration:ended']['transition'],
  attempt = 1,
): RunEvent {
  const usage = { input: 0, output: 0 };
  const counts = { attempt, attempts: 3, turns: 0, rounds: 0 };
  return at(second, {
    type: 'iteration:ended',
    ...of,
    outcome,
    transition,
    ...counts,
    usage,
    ms: (second % 400) * 1000,
  });
}
