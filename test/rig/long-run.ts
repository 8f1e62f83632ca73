import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Of } from '../../src/core/asking-events.ts';
import type { EventMap, NewEvent, RunEvent } from '../../src/core/event.ts';
import { foldRun } from '../../src/core/fold-run.ts';
import type { PromptKind } from '../../src/core/iteration.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { agentName, emptyRun } from '../../src/core/run-state.ts';
import { summarise } from '../../src/core/summary.ts';
import { reviewFile } from '../../src/runs/review-file.ts';
import { runFiles, runsFolder } from '../../src/runs/run-folder.ts';
import { diceOf } from '../chaos/dice.ts';
import type { Dice } from '../chaos/dice.ts';
import { opencodeAnswer, toolLine } from './opencode-lines.ts';

/**
 * Writes the folder of a run that has ended and whose log has exactly so many events (at least 50), always the same ones: six
 * workers, many tasks, rounds of review, red checks, conflicts, tasks that fail, ask or are held, tries again, fallbacks, planning
 * and the chatter of agents. Reviews, diffs and transcripts are there as the log names them. `id` is `20261120T140159-long`.
 */
export async function writeLongRun(
  workspace: string,
  { events: count }: { readonly events: number },
): Promise<{ readonly id: string; readonly folder: string }> {
  const { events, files } = longRun(count);
  const folder = join(runsFolder(workspace), id);
  for (const name of [runFiles.reviews, runFiles.turns]) mkdirSync(join(folder, name), { recursive: true });
  const record = {
    run: id,
    pid: 2 ** 30,
    pid_start: 'gone',
    host: hostname(),
    started_at: timeOf(0),
    version: '0.1.0',
  };
  const summary = summarise(events.reduce(foldRun, emptyRun));
  const all = new Map([
    ...files,
    [runFiles.record, stringify({ ...record, config: { verify: ['npm test'] } })],
    [runFiles.events, events.map((event) => `${JSON.stringify(event)}\n`).join('')],
    [runFiles.summary, `${JSON.stringify(summary, undefined, 2)}\n`],
  ]);
  for (const [path, text] of all) writeFileSync(join(folder, path), text);
  return Promise.resolve({ id, folder });
}

const id = '20261120T140159-long';
const base = '1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b';
const kimi = { harness: 'opencode', model: 'kimi-k2.5' };
const codex = { harness: 'codex', model: 'gpt-5.3' };
const claude = { harness: 'claude', model: 'sonnet' };
const workers = [1, 2, 3, 4].map((n) => ({ name: `builders-${String(n)}`, pool: 'builders', ...kimi }));
const fast = [1, 2].map((n) => ({ name: `fast-${String(n)}`, pool: 'fast', ...codex }));

type Agent = typeof kimi;

/** The events in order, and the files that they name by their paths in the run's folder. */
function longRun(count: number): { readonly events: RunEvent[]; readonly files: ReadonlyMap<string, string> } {
  const files = new Map<string, string>();
  const players = [...workers, ...fast].map((info) => playerOf(info, files));
  const tasks = { next: 0 };
  const before = opening();
  while (sum(players) < count - before.length - 1) {
    const player = players.reduce((first, each) => (each.now < first.now ? each : first));
    playIteration(player, tasks);
  }
  const told = players.flatMap(({ events }) => events).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const last = timeOf(Math.max(...players.map(({ now }) => now)));
  const surplus = before.length + told.length + 1 - count;
  const end: RunEvent = { at: last, type: 'run:ended', why: 'dry', pending: 0 };
  return { events: [...before, ...withoutChatter(told, surplus), end], files };
}

function sum(players: readonly Player[]): number {
  return players.reduce((total, { events }) => total + events.length, 0);
}

/** Nobody misses a few words of the agents. */
function withoutChatter(events: readonly RunEvent[], surplus: number): RunEvent[] {
  let left = surplus;
  return events.filter(({ type }) => type !== 'turn:said' || left-- <= 0);
}

function opening(): RunEvent[] {
  const infos = [...workers, ...fast];
  const said = { run: id, version: '0.1.0', pid: 2 ** 30, host: hostname(), branch: 'main', base };
  const planner = { worker: 'planner', task: '', iteration: 1 };
  const usage = { input: 21_000, output: 1_400, costUsd: 0.11 };
  const started = { type: 'run:started', ...said, workers: infos, pending: 400, maxCostUsd: 5000 } as const;
  return [
    at(0, started),
    at(0, { type: 'task:recovered', task: 'old-docs', how: 'completed' }),
    at(10, { type: 'planner:started', worker: 'planner', pending: 400 }),
    at(20, { type: 'turn:started', ...planner, turn: 1, prompt: 'start', session: 'fresh', ...claude }),
    ...[1, 2, 3].map((n) => at(30_000, { type: 'task:added', task: taskName(n), title: titleOf(n), by: 'planner' })),
    at(31_000, { type: 'turn:ended', ...planner, turn: 1, ...claude, ending: 'answered', usage, ms: 30_980 }),
    at(31_000, { type: 'planner:ended', worker: 'planner', added: 3, done: false, why: '' }),
    ...infos.map(({ name }) => at(31_000, { type: 'worker:started', worker: name })),
  ];
}

/** One worker, and how far it is. */
interface Player {
  readonly worker: string;
  readonly agent: Agent;
  readonly dice: Dice;
  readonly events: RunEvent[];
  readonly files: Map<string, string>;
  /** Milliseconds since the start. */
  now: number;
  iteration: number;
  /** What went back to pending; it takes that up again next. */
  again: { readonly number: number; readonly attempt: number } | undefined;
}

function playerOf({ name, ...agent }: Agent & { name: string }, files: Map<string, string>): Player {
  const { harness, model } = agent;
  const state = { now: 31_000, iteration: 0, again: undefined };
  return { worker: name, agent: { harness, model }, dice: diceOf(name), events: [], files, ...state };
}

function playIteration(player: Player, tasks: { next: number }): void {
  const { dice } = player;
  player.iteration += 1;
  const { number, attempt } = player.again ?? { number: (tasks.next += 1), attempt: 1 };
  player.again = undefined;
  const of: Of = { worker: player.worker, task: taskName(number), iteration: player.iteration };
  const claimedAt = player.now;
  const claim = { title: titleOf(number), generation: attempt, attempt, from: 'pending' } as const;
  say(player, 300, { type: 'task:claimed', ...of, ...claim });
  const branch = `oompa/${id}/${of.worker}-i${String(of.iteration)}`;
  say(player, 90, { type: 'worktree:ready', ...of, branch, base, ms: 90 });
  const played = { player, of, turns: 0, rounds: 0 };
  const outcome = play(played, dice.int(1, 100), titleOf(number));
  const transition = transitionOf(outcome, attempt);
  if (transition === 'release') player.again = { number, attempt: attempt + 1 };
  if (transition !== 'complete' && transition !== 'block') {
    const ref = `refs/oompa/rescue/${of.task}/${id}-${of.worker}-i${String(of.iteration)}`;
    say(player, 5, { type: 'work:rescued', ...of, ref, commit: commitOf(dice) });
  }
  const figures = { attempt, attempts: 3, turns: played.turns, rounds: played.rounds, ms: player.now - claimedAt };
  say(player, 20, { type: 'iteration:ended', ...of, outcome, transition, usage: usageOf(dice), ...figures });
}

/** An iteration while it is played. */
interface Played {
  readonly player: Player;
  readonly of: Of;
  turns: number;
  rounds: number;
}

function play(played: Played, luck: number, title: string): Outcome {
  const { player, of } = played;
  const { dice } = player;
  if (luck <= 3) {
    takeTurn(played, 'start', { signal: 'needs-input' });
    return { kind: 'needs-input', question: 'Which currency do stored prices use?' };
  }
  if (luck <= 10) {
    const failure = { kind: 'silent', detail: 'no output for 5 min' } as const;
    takeTurn(played, 'start', { ending: 'failed', failure });
    return { kind: 'agent-failed', failure };
  }
  if (luck <= 25) getOver(played, luck);
  takeTurn(played, 'start', { signal: 'ready' });
  const wanted = luck <= 14 ? 3 : dice.pick([0, 0, 0, 1, 1, 2]);
  for (let round = 1; round <= wanted; round += 1) {
    review(played, 'needs-changes');
    if (round === 3) return { kind: 'rounds-exhausted', rounds: 3 };
    takeTurn(played, 'fix', { signal: 'ready' });
  }
  review(played, 'approved');
  if (luck % 11 === 0) {
    verify(played, 'failed');
    const text =
      '`npm test` failed on main plus this change, twice. The end of its output:\n\n1 test failed: config.test.ts';
    say(player, 2, { type: 'work:sent-back', ...of, feedback: { source: 'verify', text } });
    takeTurn(played, 'fix', { signal: 'ready' });
    review(played, 'approved');
  }
  if (luck % 13 === 0) {
    say(player, 2, { type: 'landing:conflicted', ...of, paths: ['src/config.ts'] });
    takeTurn(played, 'conflict', { signal: 'ready' });
    review(played, 'approved');
  }
  verify(played, 'passed');
  const commit = commitOf(dice);
  if (luck === 99) {
    const held = { paths: ['src/app.css'], why: 'uncommitted changes in your checkout' };
    say(player, 10, { type: 'landing:held', ...of, commit, ...held });
    return { kind: 'held', ...held };
  }
  say(player, 10, { type: 'landing:intended', ...of, commit, from: base });
  say(player, 20, { type: 'landing:landed', ...of, commit, title, ms: 30 });
  return { kind: 'landed', commit };
}

function transitionOf(outcome: Outcome, attempt: number): EventMap['iteration:ended']['transition'] {
  if (outcome.kind === 'landed') return 'complete';
  if (outcome.kind === 'held') return 'stay';
  return outcome.kind === 'needs-input' ? 'block' : attempt < 3 ? 'release' : 'fail';
}

/** A turn that its provider spoils, and the way on: the same agent again, or the next one of the chain. */
function getOver(played: Played, luck: number): void {
  const { player, of } = played;
  const { agent } = player;
  const failure = { kind: 'rate-limited', detail: '429: too many requests' } as const;
  takeTurn(played, 'start', { ending: 'failed', failure });
  played.turns -= 1;
  const about = { ...of, role: 'worker', agent: agentName(agent) } as const;
  if (luck <= 20) say(player, 9000, { type: 'retry:planned', ...about, failure, try: 2, afterMs: 9000 });
  else say(player, 5, { type: 'chain:advanced', ...about, to: agentName(claude), why: 'rate-limited: 429' });
  takeTurn(played, 'start', { signal: 'ready', try: 2, ...(luck <= 20 ? agent : claude) });
  if (luck <= 20) say(player, 1, { type: 'retry:succeeded', ...about, try: 2 });
}

type TurnEnd = Partial<Pick<EventMap['turn:ended'], 'ending' | 'failure' | 'signal' | 'try' | 'harness' | 'model'>>;

function takeTurn(played: Played, prompt: PromptKind, end: TurnEnd): void {
  const { player, of } = played;
  const { dice, agent } = player;
  played.turns += 1;
  const tried = end.try === undefined ? {} : { try: end.try };
  const turn = { ...of, turn: played.turns, ...tried, ...agent };
  const by = { harness: end.harness ?? agent.harness, model: end.model ?? agent.model };
  const session = prompt === 'start' ? 'fresh' : 'resumed';
  const begun = player.now;
  say(player, 800, { type: 'turn:started', ...turn, ...by, prompt, session });
  const deeds = Array.from({ length: dice.int(8, 40) }, () => dice.pick(chatter));
  for (const text of deeds) say(player, dice.int(1000, 6000), { type: 'turn:said', ...of, turn: turn.turn, text });
  const said = end.ending === 'failed' ? 'running the whole test suite' : 'The change is made, and its tests pass.';
  const ended = { ...turn, ending: 'answered', ...end, ...by, said } as const;
  say(player, 50, { type: 'turn:ended', ...ended, usage: usageOf(dice), ms: player.now - begun });
  const label = `turns/${labelOf(of, 't', played.turns)}${end.try === undefined ? '' : `-${String(end.try)}`}`;
  const lines = [...deeds.map((text) => toolLine('ses_1', text)), ...opencodeAnswer('ses_1', said)];
  player.files.set(`${label}.stdout`, lines.map((line) => `${line}\n`).join(''));
  player.files.set(`${label}.stderr`, '');
  player.files.set(`${label}.prompt.md`, `Turn ${String(played.turns)} of ${of.task}.\n`);
  if (end.signal !== 'ready') return;
  const work = { commit: commitOf(dice), files: dice.pick(changed), added: dice.int(1, 200), deleted: dice.int(0, 80) };
  say(player, 30, { type: 'work:committed', ...of, ...work });
}

function review(played: Played, verdict: 'approved' | 'needs-changes'): void {
  const { player, of } = played;
  const { dice } = player;
  played.rounds += 1;
  const round = played.rounds;
  const reviewer = agentName(claude);
  say(player, dice.int(9_000, 40_000), { type: 'review:started', ...of, round, reviewer, maxRounds: 3 });
  const label = labelOf(of, 'r', round);
  const [summary, more] = verdict === 'approved' ? ['The change does what it says.', ''] : dice.pick(objections);
  const commit = commitOf(dice);
  const usage = { input: 8_210, output: 402, costUsd: 0.03 };
  const files = dice.pick(changed);
  const note = { label, verdict, task: of.task, round, reviewer, commit, base, files, usage, tookMs: 21_000 };
  const worker = `${of.worker}, iteration ${String(of.iteration)}, turn ${String(played.turns)}`;
  const text = `${summary}\n\n${more}\n\nVERDICT: ${verdict === 'approved' ? 'APPROVED' : 'NEEDS_CHANGES'}`;
  player.files.set(`reviews/${label}.md`, reviewFile({ ...note, worker, at: new Date(timeOf(player.now)), text }));
  player.files.set(`reviews/${label}.diff`, files.map((path) => diffOf(path, dice.int(3, 30))).join(''));
  const paths = { log: `reviews/${label}.md`, diff: `reviews/${label}.diff` };
  say(player, 10, {
    type: 'review:ended',
    ...of,
    round,
    reviewer,
    verdict,
    summary,
    commit,
    ...paths,
    usage,
    ms: 21_000,
  });
}

function verify({ player, of }: Played, result: 'passed' | 'failed'): void {
  const { dice } = player;
  const ms = dice.int(2_000, 90_000);
  const check = { ...of, command: 'npm test', tree: commitOf(dice) };
  say(player, ms, { type: 'verify:started', ...check });
  say(player, 5, { type: 'verify:ended', ...check, result, detail: result === 'passed' ? '' : 'exit code 1', ms });
}

function say(player: Player, thenMs: number, event: NewEvent): void {
  player.events.push(at(player.now, event));
  player.now += thenMs;
}

function at(ms: number, event: NewEvent): RunEvent {
  return { at: timeOf(ms), ...event };
}

function timeOf(ms: number): string {
  return new Date(Date.parse('2026-11-20T14:01:59Z') + ms).toISOString();
}

function labelOf({ worker, iteration }: Of, letter: 't' | 'r', number: number): string {
  return `${worker}-i${String(iteration)}-${letter}${String(number)}`;
}

function usageOf(dice: Dice): { input: number; output: number; costUsd: number } {
  return { input: dice.int(2_000, 60_000), output: dice.int(100, 3_000), costUsd: dice.int(1, 40) / 100 };
}

function commitOf(dice: Dice): string {
  return Array.from({ length: 5 }, () => dice.int(2 ** 28, 2 ** 32 - 1).toString(16)).join('');
}

function diffOf(path: string, lines: number): string {
  const head = `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,1 +1,${String(lines + 1)} @@\n`;
  return `${head} // the start of it\n${Array.from({ length: lines }, (_, n) => `+line(${String(n)});\n`).join('')}`;
}

function taskName(number: number): string {
  const verb = verbs[number % verbs.length] ?? '';
  const noun = nouns[Math.floor(number / verbs.length) % nouns.length] ?? '';
  return `${verb}-${noun}-${String(number)}`;
}

function titleOf(number: number): string {
  const name = taskName(number).replaceAll('-', ' ');
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)} in the reports`;
}

const verbs = ['add', 'rename', 'fix', 'speed-up', 'document', 'remove', 'test'];
const nouns = ['login', 'parser', 'cache', 'config-keys', 'exporter', 'search', 'billing', 'theme', 'importer'];
const chatter = [
  'edit src/parser.ts',
  'npm test',
  'rg -n "session" src',
  'reading test/login.test.ts',
  'Now the tests pass.',
];
const changed = [['src/login.ts', 'src/session.ts', 'test/login.test.ts'], ['src/config.ts'], ['src/parser.ts']];
const objections = [
  ['The logout handler leaves the cookie.', 'In `src/session.ts`, `end()` returns before the cookie is cleared.'],
  ['There is no test of the empty list.', 'Please add one to `test/parser.test.ts`: `parse("[]")` throws today.'],
  ['The key is renamed in code but not in the README.', 'Both `README.md` and `docs/config.md` still say `harnes`.'],
] as const;
