import type { ExitCode, Io } from '../io.ts';
import { noSuchTask, withQueue } from './queue.ts';

/** `oompa tasks answer ID "text"`. */
export interface AnswerOptions {
  readonly id: string;
  readonly text: string;
}

/** Answers what a blocked task asked, and puts it back: the next worker is told. 2 when the task asks nothing. */
export async function answerTask({ id, text }: AnswerOptions, io: Io): Promise<ExitCode> {
  if (text.trim() === '') {
    io.stderr(`An answer takes a text: oompa tasks answer ${id} "…"\n`);
    return 2;
  }
  return withQueue(io, async (queue) => {
    const listing = await queue.list();
    const found = listing.tasks.find(({ task }) => task.id === id);
    if (found === undefined) {
      io.stderr(noSuchTask(id, listing));
      return 2;
    }
    const result = found.state === 'blocked' ? await queue.requeue(id, { answer: text }) : undefined;
    if (result?.kind === 'failed') {
      io.stderr(`${id} stays blocked: ${result.why}\n`);
      return 2;
    }
    if (result?.kind !== 'requeued') {
      io.stderr(`${id} is ${found.state} and asks nothing. See: oompa tasks show ${id}\n`);
      return 2;
    }
    io.stdout(`${id} is pending again; its next worker gets the answer\n`);
    return 0;
  });
}
