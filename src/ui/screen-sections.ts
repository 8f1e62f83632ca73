import type { IterationRecord, RunState } from '../core/run-state.ts';
import type { Standing } from '../core/run-tables.ts';
import { lastIterations, standingOf, taskRows } from '../core/run-tables.ts';
import { countStandings } from '../core/summary.ts';
import type { TaskState } from '../core/task.ts';
import { taskStates } from '../core/task.ts';
import { budgetWords } from './budget-words.ts';
import { heldWords, outcomeMessage } from './phrases.ts';
import type { Style } from './paint.ts';
import { requeueCommands } from './run-troubles.ts';
import type { ScreenSize } from './screen.ts';
import { clockTime, counted, cut, left, money, oneLine, packed, shortCommit, tokenCount } from './text.ts';

type SectionName = 'queue' | 'landed' | 'failed' | 'held' | 'asks' | 'limits' | 'problem' | 'spent' | 'next';

interface Section {
  readonly name: SectionName;
  readonly lines: readonly string[];
  readonly style?: Style;
}

/** The queue, what landed, what waits for a person, limits, and what it cost: the last few of each, and fewer where room is short. */
export function sectionLines(state: RunState, size: ScreenSize, room: number): string[] {
  const records = lastIterations(state);
  for (const most of [3, 2, 1]) {
    const lines = linesOf(sectionsOf(state, records, size, most), size);
    if (lines.length <= room) return lines;
  }
  let sections = sectionsOf(state, records, size, 1);
  for (const dropped of firstToGo) {
    if (linesOf(sections, size).length <= room) break;
    sections = sections.filter(({ name }) => name !== dropped);
  }
  return linesOf(sections, size).slice(0, Math.max(0, room));
}

const firstToGo: readonly SectionName[] = ['problem', 'landed', 'limits', 'held', 'asks', 'failed', 'next', 'queue'];

/** What failed, what is held and who asks: the last few of each. */
export function waitingLines(state: RunState, size: ScreenSize): string[] {
  return linesOf(waiting(lastIterations(state), size, 3), size);
}

function sectionsOf(state: RunState, records: readonly IterationRecord[], size: ScreenSize, most: number): Section[] {
  const problem = state.problems.at(-1);
  const room = size.columns - indent;
  return [
    { name: 'queue', lines: [cut(queueWords(size.queue ?? queueSeen(state, records)), room)] },
    {
      name: 'landed',
      lines: records
        .filter((record) => isLanded(record))
        .slice(-most)
        .map((record) => landedLine(record, size)),
    },
    ...waiting(records, size, most),
    { name: 'limits', lines: limitLines(state, size).slice(-most), style: 'yellow' },
    { name: 'problem', lines: problem === undefined ? [] : [cut(oneLine(problem.message), room)] },
    { name: 'spent', lines: [cut(spentLine(state), room)] },
    { name: 'next', lines: nextLines(state, size) },
  ];
}

function waiting(records: readonly IterationRecord[], size: ScreenSize, most: number): Section[] {
  const last = (standing: Standing) => records.filter((record) => standingOf(record) === standing).slice(-most);
  return [
    { name: 'failed', lines: last('failed').map((record) => failedLine(record, size)), style: 'red' },
    { name: 'held', lines: last('held').map((record) => heldLine(record, size)), style: 'yellow' },
    { name: 'asks', lines: last('asks').flatMap((record) => asksLines(record, size)), style: 'yellow' },
  ];
}

function linesOf(sections: readonly Section[], { paint }: ScreenSize): string[] {
  return sections.flatMap(({ name, lines, style }) => {
    const label = left(name, indent - 4);
    const painted = style === undefined ? label : paint(style, label);
    return lines.map((line, index) => `  ${index === 0 ? painted : ' '.repeat(indent - 4)}  ${line}`);
  });
}

const indent = 11;

/** Agents that are not asked for a while, or not any more, and budgets that are used up. */
function limitLines({ limited, budgets }: RunState, { columns, now }: ScreenSize): string[] {
  const byAgent = new Map(limited.map((limit) => [limit.agent, limit]));
  const agents = [...byAgent.values()]
    .filter(({ until }) => until === undefined || until > now)
    .map(({ agent, why, until }) => `${agent}: ${why}${until === undefined ? '' : `, until ${clockTime(until)}`}`);
  const byScope = new Map(budgets.map((budget) => [`${budget.scope} ${budget.name} ${budget.what}`, budget]));
  return [...agents, ...[...byScope.values()].map((budget) => budgetWords(budget))].map((line) =>
    cut(oneLine(line), columns - indent),
  );
}

/** Where to go on when the run has come to its end. */
function nextLines(state: RunState, { columns, life }: ScreenSize): string[] {
  if (life !== 'ended' && life !== 'crashed') return [];
  const rows = taskRows(state);
  const some = (...standings: readonly Standing[]) => rows.filter(({ standing }) => standings.includes(standing));
  const failed = some('failed');
  const commands = [
    `oompa runs show ${state.head?.run ?? ''}`.trimEnd(),
    ...(failed.length === 0 ? [] : requeueCommands(failed)),
    ...(some('held').length === 0 ? [] : ['oompa land']),
    ...(some('open', 'back').length === 0 ? [] : ['oompa swarm']),
  ];
  return packed(commands, ' · ', columns - indent).map((line) => cut(line, columns - indent));
}

/** What the events of a run tell of the queue; what people do to it meanwhile is not in it. */
function queueSeen(state: RunState, records: readonly IterationRecord[]): Record<TaskState, number> {
  const counts = countStandings(records.map((record) => ({ standing: standingOf(record) })));
  return {
    pending: state.pending,
    current: counts.open + counts.held,
    complete: counts.landed + counts.proposed + state.recovered.filter(({ how }) => how === 'completed').length,
    failed: counts.failed,
    blocked: counts.asks,
  };
}

/** `12 pending   3 current   7 complete   1 failed   1 blocked`. */
export function queueWords(counts: Readonly<Record<TaskState, number>>): string {
  return taskStates.map((state) => `${String(counts[state])} ${state}`).join('   ');
}

function isLanded(record: IterationRecord): record is Landed {
  return record.landing !== undefined;
}

type Landed = IterationRecord & { readonly landing: NonNullable<IterationRecord['landing']> };

function landedLine({ task, reviews, landing }: Landed, { columns, paint }: ScreenSize): string {
  const rounds = counted(new Set(reviews.map(({ round }) => round)).size, 'round');
  const facts = [
    clockTime(landing.at),
    left(task, 15),
    left(rounds, 8),
    shortCommit(landing.commit),
    oneLine(landing.title),
  ];
  const line = cut(facts.join('  '), columns - indent);
  return `${paint('green', line.slice(0, 8))}${line.slice(8)}`;
}

function failedLine({ task, turns, ended }: IterationRecord, { columns }: ScreenSize): string {
  const agent = turns.at(-1) ?? { harness: 'the agent' };
  const what = ended === undefined ? '' : outcomeMessage(ended.outcome, agent).what;
  return cut(`${task}: ${what}`, columns - indent);
}

function heldLine({ task, held }: IterationRecord, { columns }: ScreenSize): string {
  return cut(
    `${task}: ${held === undefined ? 'approved, and waits for your checkout' : heldWords(held)}`,
    columns - indent,
  );
}

/** The question and how to answer it, on one line where they fit. */
function asksLines({ task, ended }: IterationRecord, { columns }: ScreenSize): string[] {
  const outcome = ended?.outcome;
  const question = `${task}: ${outcome?.kind === 'needs-input' ? oneLine(outcome.question) : ''}`;
  const answer = `oompa tasks answer ${task} "…"`;
  return packed([question, answer], '   ', columns - indent).map((line) => cut(line, columns - indent));
}

/** `$1.84 of $20.00 · 212k tokens`. */
export function spentLine({ spent, head }: RunState): string {
  const cost = money(spent.costUsd);
  const tokens = tokenCount(spent.input + spent.output);
  const ofCost = head?.maxCostUsd === undefined ? '' : ` of ${money(head.maxCostUsd)}`;
  const ofTokens = head?.maxTokens === undefined ? '' : ` of ${tokenCount(head.maxTokens)}`;
  return [cost === '' ? '' : `${cost}${ofCost}`, `${tokens}${ofTokens} tokens`]
    .filter((part) => part !== '')
    .join(' · ');
}
