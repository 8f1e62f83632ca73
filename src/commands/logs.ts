import { readEvents } from '../runs/read-events.ts';
import type { RunRecord } from '../runs/read-runs.ts';
import { listRuns, liveRunIds } from '../runs/read-runs.ts';
import { oneLine, someOf } from '../ui/text.ts';
import { findRun } from './find-run.ts';
import type { ExitCode, Io } from './io.ts';
import { followTurns } from './logs/follow-turns.ts';
import { eventsFile, turnStage } from './logs/turn-stage.ts';
import { isKnown, namesLike, turnLog, wantedIn } from './logs/wanted-turns.ts';
import type { TurnLog, Wish } from './logs/wanted-turns.ts';
import { openWorkspace } from './workspace.ts';

/** `oompa logs NAME`. */
export interface LogsOptions extends Wish {
  /** Go on with what comes, until the run ends. */
  readonly follow?: boolean;
  /** An id, or how one begins or ends; when left out the newest live run, or the newest. */
  readonly run?: string;
  /** The bytes of the transcripts, as the CLIs printed them. */
  readonly raw?: boolean;
  /** What the agents were asked, too. */
  readonly prompts?: boolean;
}

/** What the agents of a worker said and did, whatever CLI they are. Only reads the run's folder. */
export async function logs(options: LogsOptions, io: Io): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const run = await findRun(io, repository.root, options.run ?? (await liveRunIds(repository.root))[0]);
  if (run === undefined) return 2;
  const stage = turnStage(run.folder, options, io);
  if (options.follow === true && (run.life === 'live' || run.life === 'starting')) {
    const isGone = async () => !(await liveRunIds(repository.root)).includes(run.id);
    const end = await followTurns({ run, wish: options, stage, isGone }, io);
    return end.kind === 'unknown' ? refuse(repository.root, run, options, end.log, io) : 0;
  }
  const log = turnLog();
  for (const event of readEvents(eventsFile(run.folder))) log.read(event);
  if (isKnown(log, options.name) !== true) return refuse(repository.root, run, options, log, io);
  const wanted = wantedIn(log, options);
  const turns = [...log.turns].filter(([turn]) => wanted(turn));
  for (const [turn, end] of turns) await stage.show(turn, end ?? (run.life === 'live' ? 'live' : 'cut-off'));
  return turns.length === 0 ? sayNothing(run, options, log, io) : 0;
}

async function refuse(
  workspace: string,
  { id }: RunRecord,
  { name, run }: LogsOptions,
  log: TurnLog,
  io: Io,
): Promise<ExitCode> {
  const names = namesLike(log, name);
  const other = run === undefined ? await runWithTask(workspace, name) : undefined;
  const none = `The run ${id} has no worker and no task ${oneLine(name)}`;
  if (other !== undefined)
    io.stderr(`${none}; an earlier one had that task: oompa logs ${oneLine(name)} --run ${other}\n`);
  else if (names.length > 0)
    io.stderr(`${none}. There are: ${someOf(names.map(oneLine), 8)}. Try: oompa logs ${oneLine(names[0] ?? '')}\n`);
  else io.stderr(`The run ${id} has written nothing yet. Wait for it with: oompa logs ${oneLine(name)} -f\n`);
  return 2;
}

/** The newest run that had the task. */
async function runWithTask(workspace: string, task: string): Promise<string | undefined> {
  return (await listRuns(workspace)).find(({ summary }) => summary.tasks.some(({ id }) => id === task))?.id;
}

/** That nobody has begun yet is no mistake; a turn that there is not may be one. */
function sayNothing({ id, life }: RunRecord, options: LogsOptions, log: TurnLog, io: Io): ExitCode {
  const { name, iteration, turn, task } = options;
  const all = [...log.turns.keys()].filter((each) => each.worker === name || each.task === name);
  if (all.length === 0) {
    const follow = life === 'live' ? `. Wait for it with: oompa logs ${name} -f` : '';
    io.stderr(`In the run ${id} no agent has begun to work for ${name}${follow}\n`);
    return 0;
  }
  const asked = Object.entries({ task, iteration, turn }).flatMap(([key, value]) =>
    value === undefined ? [] : `${key} ${String(value)}`,
  );
  const labels = [...new Set(all.map((each) => each.label))];
  io.stderr(
    `${name} has no turn of ${oneLine(asked.join(', '))}. There are: ${someOf(labels, 8)}. See all: oompa logs ${name}\n`,
  );
  return 2;
}
