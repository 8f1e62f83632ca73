import type { Failure, FailureKind } from '../core/failure.ts';
import { agentName } from '../core/run-state.ts';
import { unreachable } from '../core/unreachable.ts';
import type { Usage } from '../core/usage.ts';
import type { Style } from './paint.ts';
import { painter } from './paint.ts';
import { failureMessage } from './phrases.ts';
import { counted, cut, displayWidth, left, money, oneLine, spokenTime, tokenCount, wrapped } from './text.ts';

/** An agent of the config that was asked for one word, and what came of it. */
export interface ProbedAgent {
  readonly harness: string;
  readonly model?: string;
  readonly effort?: string;
  readonly result: ProbeResult;
}

/** What came of asking; `ms` = how long it took. */
export type ProbeResult =
  | { readonly kind: 'answered'; readonly said: string; readonly ms: number; readonly usage: Usage }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly ms: number }
  /** The user ended it. */
  | { readonly kind: 'stopped' };

/** What is said before the first model is called. */
export function probeNotice(agents: number, limitMs: number): string {
  const each = agents === 1 ? '' : ' each';
  return `Asks ${counted(agents, 'agent')} for one word${each}, within ${spokenTime(limitMs)}. This calls their models and costs a little.\n`;
}

/** A line for each agent that was asked, names aligned; what failed has its cause and the remedy. */
export function probeLines(
  probes: readonly ProbedAgent[],
  { color, columns }: { readonly color: boolean; readonly columns: number },
): string[] {
  const paint = painter(color);
  const width = Math.min(longestName, Math.max(...probes.map((probe) => displayWidth(nameOf(probe)))));
  const margin = 8 + width + 2;
  return probes.flatMap((probe) => {
    const { status, text, hint } = described(probe);
    const [first = '', ...more] = wrapped(oneLine(text), Math.max(30, columns - margin));
    const hints = hint === undefined ? [] : wrapped(oneLine(hint), Math.max(30, columns - margin));
    const head = `  ${paint(styles[status], status)}${' '.repeat(6 - status.length)}${left(nameOf(probe), width)}`;
    const indent = ' '.repeat(margin);
    return [
      `${head}  ${first}`,
      ...more.map((line) => `${indent}${line}`),
      ...hints.map((line) => `${indent}${paint('dim', line)}`),
    ];
  });
}

const styles = { ok: 'green', warn: 'yellow', fail: 'red' } as const satisfies Record<string, Style>;
const longestName = 36;

function nameOf(probe: ProbedAgent): string {
  return oneLine(probe.effort === undefined ? agentName(probe) : `${agentName(probe)}, ${probe.effort}`);
}

interface Described {
  readonly status: keyof typeof styles;
  readonly text: string;
  readonly hint?: string;
}

function described(probe: ProbedAgent): Described {
  const { result } = probe;
  switch (result.kind) {
    case 'answered':
      return { status: 'ok', text: answerText(result) };
    case 'failed': {
      const { what, remedy } = failureMessage(result.failure.kind, probe);
      const detail = oneLine(result.failure.detail);
      return {
        status: 'fail',
        text: detail === '' ? what : `${what}: ${cut(detail, longestDetail)}`,
        hint: probeRemedy(result.failure.kind, probe.harness) ?? remedy,
      };
    }
    case 'stopped':
      return { status: 'warn', text: 'stopped before it had answered' };
    default:
      return unreachable(result);
  }
}

function answerText({ said, ms, usage }: Extract<ProbeResult, { kind: 'answered' }>): string {
  const tokens = usage.input + usage.output;
  const facts = [
    `answered in ${spokenTime(ms)}`,
    ...(tokens === 0 ? [] : [`${tokenCount(tokens)} tokens`]),
    ...(usage.costUsd === undefined ? [] : [usage.costUsd < 0.005 ? 'under $0.01' : money(usage.costUsd)]),
    // The word itself is no news.
    ...(/^\W*ready\W*$/i.test(said) ? [] : [`it said "${cut(oneLine(said), 40)}"`]),
  ];
  return facts.join(' · ');
}

const longestDetail = 300;

/** Where the words for a run do not fit: a probe has no transcript, no task and no limits of the config. */
function probeRemedy(kind: FailureKind, harness: string): string | undefined {
  if (kind === 'timeout' || kind === 'silent') return 'give it longer with: oompa doctor --probe --timeout 5m';
  if (!unclear.has(kind)) return undefined;
  return `ask ${harness} something yourself, in an empty folder, and see what it says`;
}

const unclear: ReadonlySet<FailureKind> = new Set<FailureKind>([
  ...(['no-output', 'no-final-message', 'output-too-large', 'context-full'] as const),
  ...(['session-gone', 'session-in-use', 'crashed', 'unknown'] as const),
]);
