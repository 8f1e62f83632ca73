import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../src/harness/harness.ts';
import { identityOf, isAlive, type ProcessIdentity } from '../../src/system/process-identity.ts';
import { toolFile, unknownSession, usage, type Case, type Expected } from './cases.ts';
import { openStage, type Cli, type Stage, type StagedTurn } from './stage.ts';

/** What came of a case. */
export interface Played {
  /** `answered`, or the kind of failure. */
  readonly got: Expected['kind'];
  /** Whatever is not as the case says; empty when all is well. */
  readonly problems: readonly string[];
  readonly seconds: number;
  /** How often the model was asked. */
  readonly asked: number;
  /** The turn that counts, and the folder and the address that its output may speak of. */
  readonly turn: StagedTurn;
  readonly folder: string;
  readonly url: string;
}

/** Plays a case with the real CLI, and looks at all that it has to come to. `signal` ends it at once. */
export async function play(cli: Cli, each: Case, signal: AbortSignal): Promise<Played> {
  const stage = await openStage(cli, afterwards(each), signal);
  try {
    const begun = performance.now();
    const { turns, asked, problems } = await perform(stage, cli, each);
    const seconds = (performance.now() - begun) / 1000;
    const bad = turns.find((turn) => !isExpected(turn, each.expected)) ?? turns[0]!;
    return {
      got: bad.ending.kind === 'failed' ? bad.ending.failure.kind : bad.ending.kind,
      problems: [
        ...turns.flatMap((turn) => compare(turn, each.expected)),
        ...(each.requests === undefined || each.requests === asked
          ? []
          : [`the model was asked ${String(asked)} times, not ${String(each.requests)}`]),
        ...problems,
        ...(each.absent !== undefined && existsSync(join(stage.folder, 'repo', each.absent))
          ? [`it wrote ${each.absent}`]
          : []),
        ...(await resumed(stage, bad, each)),
      ],
      seconds,
      asked,
      turn: bad,
      folder: stage.folder,
      url: stage.server.url,
    };
  } finally {
    await stage.close();
  }
}

interface Performed {
  readonly turns: readonly StagedTurn[];
  /** How often the model was asked in the turns that count. */
  readonly asked: number;
  readonly problems: readonly string[];
}

async function perform(stage: Stage, cli: Cli, each: Case): Promise<Performed> {
  const session = await sessionBefore(stage, cli, each);
  const before = stage.server.requests.length;
  const killing = each.kill === undefined ? undefined : killer(stage, each.kill);
  const turns = await Promise.all(
    Array.from({ length: each.atOnce ?? 1 }, (_, index) =>
      stage.turn({
        ...{
          place: each.atOnce === undefined ? 'repo' : `repo-${String(index)}`,
          prompt: question,
          timeoutMs: longest,
        },
        silenceMs: each.silenceMs ?? longest,
        ...(session === undefined ? {} : { session }),
        ...(killing === undefined ? {} : { onStart: killing.onStart }),
      }),
    ),
  );
  const asked = stage.server.requests.length - before;
  const left = await stage.leftovers();
  const problems = left.length === 0 ? [] : [`left running: ${left.join(' ')}`];
  return { turns, asked, problems: [...problems, ...((await killing?.problems()) ?? [])] };
}

/** Milliseconds; opencode tries for 75 s on a quiet machine before it gives up. */
const longest = 300_000;

const question = 'Do the work.';

async function sessionBefore(stage: Stage, cli: Cli, { session }: Case): Promise<Session | undefined> {
  switch (session) {
    case 'new':
      return undefined;
    case 'unknown':
      return { id: unknownSession(cli.name), totals: { input: 0, output: 0 } };
    case 'resumed': {
      const first = { place: 'repo', prompt: 'Begin.', timeoutMs: longest, silenceMs: longest };
      const { session: begun } = await stage.turn(first);
      return begun;
    }
  }
}

interface Killer {
  readonly onStart: (pid: number) => void;
  /** What went wrong, to be asked when the turn is over. */
  problems(): Promise<readonly string[]>;
}

/** Sends the signal to the CLI as soon as its tool runs. */
function killer(stage: Stage, signal: NodeJS.Signals): Killer {
  let over = false;
  let tool: ProcessIdentity | undefined;
  let killed: Promise<void> | undefined;
  return {
    onStart: (pid) => {
      killed = strike(pid);
    },
    problems: async () => {
      over = true;
      await killed;
      if (tool === undefined) return ['its tool was never seen running'];
      return isAlive(tool.pid, tool.start) ? ['its tool still runs'] : [];
    },
  };

  async function strike(pid: number): Promise<void> {
    const file = join(stage.folder, 'repo', toolFile);
    while (tool === undefined && !over) {
      tool = existsSync(file) ? identityOf(Number(readFileSync(file, 'utf8'))) : undefined;
      await delay(20);
    }
    if (tool !== undefined) process.kill(pid, signal);
  }
}

const afterword = 'Go on.';

/** The model answers a later turn of the session, whatever it did before. */
function afterwards(each: Case): Case {
  if (each.resumes === undefined) return each;
  return {
    ...each,
    script: (request) =>
      // gemini puts it into one message with a question that was never answered.
      request.prompt.includes(afterword) ? { kind: 'say', text: 'I went on.', usage } : each.script(request),
  };
}

/** Goes on with the session: the model has to be shown what was asked before. */
async function resumed(stage: Stage, { session }: StagedTurn, { resumes }: Case): Promise<string[]> {
  if (resumes === undefined) return [];
  if (session === undefined) return resumes ? ['it left no session'] : [];
  const order = { place: 'repo', prompt: afterword, session, timeoutMs: longest, silenceMs: longest };
  const { ending } = await stage.turn(order);
  const earlier = stage.server.requests.at(-1)?.messages.some(({ text }) => text.includes(question)) ?? false;
  const went = ending.kind === 'answered' && earlier;
  if (went === resumes) return [];
  const how = ending.kind === 'failed' ? `${ending.failure.kind}: ${ending.failure.detail}` : 'without its past';
  return [went ? 'its session goes on after all' : `its session does not go on (${how})`];
}

function isExpected(turn: StagedTurn, expected: Expected): boolean {
  return compare(turn, expected).length === 0;
}

function compare({ ending, usage: used, session }: StagedTurn, expected: Expected): string[] {
  if (ending.kind === 'failed') {
    const { kind, detail, retryAfterMs } = ending.failure;
    if (kind !== expected.kind) return [`${kind} instead of ${expected.kind}: ${detail}`];
    if (expected.retryAfterMs === undefined || expected.retryAfterMs === retryAfterMs) return [];
    return [`to wait for ${String(retryAfterMs)} ms, not for ${String(expected.retryAfterMs)}`];
  }
  if (expected.kind !== 'answered') return [`answered instead of ${expected.kind}`];
  const tokens = [used.input, used.output];
  return [
    ...(ending.message === expected.message ? [] : [`it said ${JSON.stringify(ending.message)}`]),
    ...(tokens.join() === expected.tokens.join() ? [] : [`it counted ${tokens.join(' and ')} tokens`]),
    ...(session === undefined ? ['it left no session'] : []),
  ];
}
