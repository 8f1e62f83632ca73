import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '../../../src/core/event.ts';
import { reviewFile } from '../../../src/runs/review-file.ts';
import { recordRun } from '../../commands/recorded-run.ts';
import { at, exampleRun } from '../../rig/example-run.ts';
import { opencodeAnswer, toolLine } from '../../rig/opencode-lines.ts';

/** The id of the example that `writeExample` writes. */
export const exampleId = '20261120T140159-k3f9';

/** Titles that would be more than text if a page let them; each is the title of a task of the example. */
export const hostileTitles = {
  'script-end': '</script><b>bold</b><script>document.title = "taken"</script>',
  quotes: `" onmouseover="alert(1)" x='y' \`z\` &lt;i&gt; --> ]]>`,
  bidi: 'right \u202e to left \u2066 and back \u202c',
  escapes: '\u001b[31mred\u001b[0m \u001b]8;;http://example.test\u0007link\u001b]8;;\u0007 bell\u0007',
  long: 'x'.repeat(10_000),
} as const;

/** Writes the example run with the files that its log names, and hostile tasks besides; its folder, absolute. */
export function writeExample(workspace: string): string {
  const events = [...exampleRun, ...hostileTasks(), ...planning()]
    .map((event): RunEvent => (event.type === 'review:ended' ? { ...event, ...fileNames(event) } : event))
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  recordRun(workspace, { id: exampleId, events, owner: 'gone' });
  const folder = join(workspace, 'runs', exampleId);
  mkdirSync(join(folder, 'turns'), { recursive: true });
  for (const event of events) {
    if (event.type === 'review:ended') writeReview(folder, event);
    if (event.type === 'turn:ended') writeTranscript(folder, event);
  }
  return folder;
}

/** What stands in a review's text and nowhere else. */
export function reviewWord({ worker, iteration, round }: Review): string {
  return `reviewed-${worker}-${String(iteration)}-${String(round)}`;
}

/** What stands in the diff of a review and nowhere else. */
export function diffWord({ worker, iteration, round }: Review): string {
  return `changed_${worker.replaceAll('-', '_')}_${String(iteration)}_${String(round)}`;
}

type Review = Extract<RunEvent, { readonly type: 'review:ended' }>;
type Turn = Extract<RunEvent, { readonly type: 'turn:ended' }>;

function fileNames({ log, round }: Review): Pick<Review, 'commit' | 'diff'> {
  return { commit: `${String(round)}7ac01e0aa`, diff: log.replace(/md$/, 'diff') };
}

function writeReview(folder: string, review: Review): void {
  const { verdict, task, round, reviewer, worker, iteration, summary, usage } = review;
  const text = [
    summary,
    `In \`src/session.ts\` the handler returns early, see ${reviewWord(review)}:`,
    '    if (session === undefined) return; // <b>never</b> cleared\n',
    `VERDICT: ${verdict === 'approved' ? 'APPROVED' : 'NEEDS_CHANGES'}`,
  ].join('\n\n');
  const about = { verdict, task, round, reviewer, usage, text, commit: '77ac01e0aa', base: '1a2b3c4d5e6f' };
  const note = { ...about, label: '', worker: `${worker}, iteration ${String(iteration)}, turn 1`, tookMs: 20_000 };
  writeFileSync(join(folder, review.log), reviewFile({ ...note, at: new Date(review.at) }));
  const diff = [
    'diff --git a/src/session.ts b/src/session.ts',
    'index 1a2b3c4..77ac01e 100644',
    '--- a/src/session.ts',
    '+++ b/src/session.ts',
    '@@ -10,4 +10,5 @@ export function end(session: Session) {',
    '   const { cookie } = session;',
    '-  if (cookie === undefined) return;',
    `+  clear(cookie, '${diffWord(review)}');`,
    '+  log("</pre><i>ended</i>");',
    '   return session;',
  ];
  writeFileSync(join(folder, review.diff ?? ''), `${diff.join('\n')}\n`);
}

function writeTranscript(folder: string, { worker, iteration, turn, task }: Turn): void {
  const lines = [
    toolLine('ses_1', 'rg -n "session" src'),
    toolLine('ses_1', 'npm test'),
    ...opencodeAnswer(
      'ses_1',
      `The change is made, and its tests pass: </pre><script>last words of ${task === '' ? 'the planner' : task}</script>`,
    ),
  ];
  const label = `${worker}-i${String(iteration)}-t${String(turn)}`;
  writeFileSync(join(folder, 'turns', `${label}.stdout`), lines.map((line) => `${line}\n`).join(''));
}

function hostileTasks(): RunEvent[] {
  return Object.entries(hostileTitles).flatMap(([task, title], index) => {
    const of = { worker: 'fast-1', task, iteration: index + 2 };
    const start = 500 + index * 120;
    const usage = { input: 12_000 * (index + 1), output: 800 };
    const agent = { harness: 'codex', model: 'gpt-5.3' };
    const log = `reviews/fast-1-i${String(index + 2)}-r1.md`;
    const review = {
      round: 1,
      reviewer: 'claude sonnet',
      log,
      ms: 20_000,
      usage: { input: 800, output: 90, costUsd: 0.01 },
    };
    return [
      at(start, { type: 'task:claimed', ...of, title, generation: 1, attempt: 1, from: 'pending' }),
      at(start + 2, { type: 'turn:started', ...of, turn: 1, prompt: 'start', session: 'fresh', ...agent }),
      at(start + 60, {
        type: 'turn:ended',
        ...of,
        turn: 1,
        ...agent,
        ending: 'answered',
        signal: 'ready',
        said: title,
        usage,
        ms: 58_000,
      }),
      at(start + 61, { type: 'review:started', ...of, round: 1, reviewer: 'claude sonnet', maxRounds: 3 }),
      at(start + 81, { type: 'review:ended', ...of, ...review, verdict: 'approved', summary: title }),
      at(start + 82, { type: 'landing:landed', ...of, commit: `abc${String(index)}def0`, title, ms: 30 }),
      at(start + 83, {
        type: 'iteration:ended',
        ...of,
        outcome: { kind: 'landed', commit: `abc${String(index)}def0` },
        transition: 'complete',
        attempt: 1,
        attempts: 3,
        turns: 1,
        rounds: 1,
        usage,
        ms: 83_000,
      }),
    ];
  });
}

function planning(): RunEvent[] {
  const worker = 'planner';
  const kimi = { harness: 'opencode', model: 'kimi-k2.5' };
  const usage = { input: 21_000, output: 1_400, costUsd: 0.21 };
  const of = { worker, task: '', iteration: 1, turn: 1 };
  return [
    at(350, { type: 'planner:started', worker, pending: 2 }),
    at(350, { type: 'turn:started', ...of, prompt: 'start', session: 'fresh', ...kimi }),
    at(395, { type: 'turn:ended', ...of, ...kimi, ending: 'answered', usage, ms: 45_000 }),
    at(395, { type: 'task:added', task: 'quotes', title: hostileTitles.quotes, by: 'planner' }),
    at(396, { type: 'planner:ended', worker, added: 1, done: false, why: '' }),
    at(397, { type: 'problem:seen', message: 'the disk is nearly full: <b>1 GB</b> left' }),
  ];
}
