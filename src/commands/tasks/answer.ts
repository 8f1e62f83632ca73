import type { KeptSession, TaskState } from '../../core/task.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Queue } from '../../queue/queue.ts';
import type { ExitCode, Io } from '../io.ts';
import { noSuchTask, withQueue } from './queue.ts';

/** `oompa tasks answer ID "text"`; with `-` for the text it is read from standard input. */
export interface AnswerOptions {
  readonly id: string;
  readonly text: string;
  readonly stdin: AsyncIterable<string | Uint8Array> & { readonly isTTY?: boolean };
}

/** Answers what a blocked task asked, and puts it back: its agent, or the next worker, is told. 2 when the task asks nothing. */
export async function answerTask({ id, text, stdin }: AnswerOptions, io: Io): Promise<ExitCode> {
  const answer = text === '-' ? await readAnswer(stdin, io) : text;
  const bad = problemOf(answer, id);
  if (bad !== undefined) {
    io.stderr(`${bad}\n`);
    return 2;
  }
  return withQueue(io, (queue) => giveAnswer(queue, { id, answer }, io));
}

async function giveAnswer(queue: Queue, { id, answer }: { id: string; answer: string }, io: Io): Promise<ExitCode> {
  const listing = await queue.list();
  const found = listing.tasks.find(({ task }) => task.id === id);
  if (found === undefined) {
    const broken = listing.unreadable.find(({ path }) => path.includes(`/${id}.`));
    io.stderr(
      broken === undefined
        ? noSuchTask(id, listing)
        : `${broken.path}:${broken.line}:${broken.column}  ${broken.message}\nMend it, then check with: oompa tasks lint\n`,
    );
    return 2;
  }
  const result = found.state === 'blocked' ? await queue.requeue(id, { answer }) : undefined;
  if (result?.kind === 'requeued') {
    io.stdout(`${id} is pending again. ${nextWords(found.task.record.session)}\n`);
    return 0;
  }
  if (result?.kind === 'failed')
    io.stderr(`${id} stays blocked: ${result.why}. Try again with: oompa tasks answer ${id} "…"\n`);
  else io.stderr(`${asksNothing(id, result?.kind === 'wrong-state' ? result.state : found.state)}\n`);
  return 2;
}

function nextWords(session: KeptSession | undefined): string {
  const reader =
    session === undefined ? 'its next worker' : `${session.worker}, in the ${session.harness} session that asked`;
  return `The next swarm, or one that runs now, gives the answer to ${reader}.\nStart with: oompa swarm`;
}

function asksNothing(id: string, state: TaskState): string {
  switch (state) {
    case 'failed':
      return `${id} has failed and asks nothing. Put it back with: oompa tasks requeue ${id}`;
    case 'pending':
      return `${id} is pending already and asks nothing. See: oompa tasks show ${id}`;
    case 'current':
      return `${id} is being worked on and asks nothing. See: oompa tasks show ${id}`;
    case 'complete':
      return `${id} is complete and asks nothing. See: oompa tasks show ${id}`;
    // Somebody else has moved it this moment.
    case 'blocked':
      return `${id} could not be found any more. See: oompa tasks list`;
    default:
      return unreachable(state);
  }
}

async function readAnswer(stdin: AnswerOptions['stdin'], io: Io): Promise<string> {
  if (stdin.isTTY === true) io.stderr('Type the answer, and end it with Ctrl-D on a line of its own.\n');
  const decoder = new TextDecoder();
  let answer = '';
  for await (const chunk of stdin) {
    answer += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    if (answer.length > longestAnswer) break;
  }
  return answer + decoder.decode();
}

/** Characters. It becomes a part of the task file, which may have a megabyte, and of the next prompt. */
const longestAnswer = 100_000;

function problemOf(answer: string, id: string): string | undefined {
  if (answer.trim() === '') {
    return `An answer takes a text: oompa tasks answer ${id} "…", or - to read it from standard input`;
  }
  if (answer.length <= longestAnswer) return undefined;
  return `The answer is longer than ${longestAnswer} characters; put it into a file of the repository, and name that: oompa tasks answer ${id} "See docs/answer.md"`;
}
