import type { Feedback, PromptKind } from './iteration.ts';
import { bullets, fenced, joined } from './prompt-text.ts';
import type { Task } from './task.ts';
import { unreachable } from './unreachable.ts';

/** What `{{…}}` may name in a prompt file. */
export const promptTokens = [
  'task.id',
  'task.title',
  'task.description',
  'task.acceptance',
  'task.files',
  'worker',
  'run',
  'branch',
  'main',
] as const;

/** Values for the tokens of one prompt. Planners have no task: those tokens become empty. */
export type PromptValues = Readonly<Record<(typeof promptTokens)[number], string>>;

/** Fills in the tokens. Unknown ones were refused when the config was read, and stay as they are. */
export function fillPrompt(template: string, values: PromptValues): string {
  const known: Readonly<Record<string, string>> = values;
  return template.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (whole, name: string) =>
    Object.hasOwn(known, name) ? (known[name] ?? '') : whole,
  );
}

/** The values for a worker's or a reviewer's prompt. */
export function promptValues(
  task: Task | undefined,
  place: { worker: string; run: string; branch: string; main: string },
): PromptValues {
  return {
    'task.id': task?.id ?? '',
    'task.title': task?.title ?? '',
    'task.description': task?.description ?? '',
    'task.acceptance': bullets(task?.acceptance ?? []),
    'task.files': bullets(task?.files ?? []),
    worker: place.worker,
    run: place.run,
    branch: place.branch,
    main: place.main,
  };
}

/** What a worker's prompt is made of. */
export interface WorkerPrompt {
  /** The role text, tokens filled in. */
  readonly role: string;
  readonly task: Task;
  readonly canPlan: boolean;
  readonly kind: PromptKind;
  /** True when the session knows nothing yet. */
  readonly fresh: boolean;
  readonly feedback: readonly Feedback[];
  /** What the branch holds already; fresh sessions that take over unfinished work. */
  readonly diff: string;
}

/** The whole text of one worker turn. A fresh session gets everything; a resumed one only what is new. */
export function workerPrompt(prompt: WorkerPrompt): string {
  const ask = askOf(prompt);
  if (!prompt.fresh) return joined([ask, signalReminder]);
  return joined([
    prompt.role,
    taskText(prompt.task),
    earlierAttempt(prompt.task),
    prompt.diff === '' ? '' : `# What the branch already holds\n\n${fenced('diff', prompt.diff)}`,
    prompt.kind !== 'fix' && prompt.feedback.length > 0 ? feedbackText(prompt.feedback) : '',
    ask,
    workerRules(prompt.canPlan),
  ]);
}

/** What a reviewer's prompt is made of. */
export interface ReviewPrompt {
  readonly role: string;
  readonly task: Task;
  readonly round: number;
  readonly diff: string;
  /** Paths whose diff was cut, and the command that shows all of it. */
  readonly cut: readonly string[];
  readonly showAll: string;
  /** All earlier objections of this iteration. */
  readonly earlier: readonly Feedback[];
}

/** The whole text of one review round. */
export function reviewPrompt(prompt: ReviewPrompt): string {
  const cut =
    prompt.cut.length === 0 ? '' : `Cut for length: ${prompt.cut.join(', ')}. All of it: \`${prompt.showAll}\``;
  const earlier =
    prompt.earlier.length === 0
      ? ''
      : joined([
          feedbackText(prompt.earlier),
          'Check that these are resolved. Raise nothing new unless it is a blocker.',
        ]);
  return joined([
    prompt.role,
    taskText(prompt.task),
    `# The change (round ${String(prompt.round)})\n\n${fenced('diff', prompt.diff)}`,
    cut,
    earlier,
    reviewRules,
  ]);
}

/** The whole text of a planner's turn. */
export function plannerPrompt(
  role: string,
  queue: { pending: readonly Task[]; known: readonly string[]; room: number },
): string {
  const pending = queue.pending.map((task) => `- ${task.id}: ${task.title}`).join('\n');
  return joined([
    role,
    `# The queue\n\nPending:\n${pending === '' ? '(nothing)' : pending}\n\nIds that exist in any state: ${queue.known.join(', ') || '(none)'}`,
    `# How to propose tasks\n\n${taskFileRules}\nPropose at most ${String(queue.room)}. Change no other file.`,
    'When there is nothing left to plan, say so by a line that holds only\n\n__DONE__',
  ]);
}

/** All objections so far, oldest first. */
export function feedbackText(feedback: readonly Feedback[]): string {
  const parts = feedback.map((one) => `## ${feedbackTitle(one)}\n\n${one.text.trim()}`);
  return joined(['# What was found so far', ...parts]);
}

function feedbackTitle(feedback: Feedback): string {
  switch (feedback.source) {
    case 'review':
      return `Review, round ${String(feedback.round ?? 1)}`;
    case 'scope':
      return 'Files that may not be touched';
    case 'verify':
      return 'The checks failed';
    case 'commit':
      return 'The work could not be committed';
    case 'conflict':
      return 'Conflict with main';
    default:
      return unreachable(feedback.source);
  }
}

function askOf({ kind, feedback, task, fresh }: WorkerPrompt): string {
  switch (kind) {
    case 'start':
      return '';
    case 'answered':
      return fresh ? '' : answeredText(task);
    case 'continue':
      return 'Go on with the task until it is done.';
    case 'fix':
      return joined([feedbackText(feedback), 'Resolve all of this in the same branch.']);
    case 'nothing-changed':
      return 'You said that you are ready, but no file has changed. Make the change; or, if the task cannot be done as it stands, say why by NEEDS_FOLLOWUP or NEEDS_INPUT.';
    case 'conflict':
      return joined([
        feedbackText(feedback.filter(({ source }) => source === 'conflict').slice(-1)),
        'Main has moved. It has been merged into your worktree, and the files above hold conflict markers. Resolve them so that both changes keep their meaning, and remove every marker.',
      ]);
    default:
      return unreachable(kind);
  }
}

function taskText(task: Task): string {
  return joined([
    `# Task: ${task.title}`,
    task.description.trim(),
    task.acceptance.length === 0 ? '' : `Accepted when:\n${bullets(task.acceptance)}`,
    task.files.length === 0 ? '' : `It may touch only:\n${bullets(task.files)}`,
  ]);
}

function earlierAttempt(task: Task): string {
  const { feedback, rescue, question, answer } = task.record;
  return joined([
    answer === undefined ? '' : answerText(question, answer),
    feedback === undefined ? '' : `# An earlier attempt did not land\n\n${feedback}`,
    rescue === undefined ? '' : rescuedWork(task.id, rescue),
  ]);
}

/** For the session that asked: it knows the task, but not that it begins on main again. */
function answeredText(task: Task): string {
  const { question, answer, rescue } = task.record;
  return joined([
    answerText(question, answer ?? ''),
    'Your worktree was made anew from main since you asked: what you had changed in it is not there any more, and others may have changed main. Read again what you rely on.',
    rescue === undefined ? '' : rescuedWork(task.id, rescue),
    'Go on with the task until it is done.',
  ]);
}

function answerText(question: string | undefined, answer: string): string {
  return joined(['# Your question was answered', (question ?? '').trim(), answer.trim()]);
}

/** `HEAD` is where main was when the worktree was made, under whatever name. */
function rescuedWork(id: string, ref: string): string {
  return `# The work of an earlier attempt is kept

It is on \`${ref}\`, and not in your worktree. See what it holds before you begin: \`git show --stat ${ref}\`, \`git log -p HEAD..${ref}\`. Where it is good, start from it (\`git cherry-pick HEAD..${ref}\`, or \`git merge ${ref}\`) or take parts of it; where it is not, do it anew. Everything that is kept of this task: \`git for-each-ref refs/oompa/rescue/${id}/\`.`;
}

function workerRules(canPlan: boolean): string {
  return joined([
    '# How to work\n\nYou work in a git worktree of your own. Change files here only. Commit or not, as you like; never push, switch branches or touch other branches. When you are done, nobody asks you again: the change is committed, reviewed, checked and landed for you.',
    canPlan ? `# New tasks\n\nYou may propose follow-up tasks. ${taskFileRules}` : '',
    signalReminder,
  ]);
}

const taskFileRules =
  'Write each new task as a file `tasks/pending/<short-name>.yaml` with the keys `title`, `description`, `acceptance` (a list), and, where they help, `files` (a list of globs), `depends_on` (a list of ids), `priority` (a number, lower first).';

const signalReminder = `# How to finish

End your last message with one line that holds nothing but one of these:

COMPLETE_AND_READY_FOR_MERGE
NEEDS_FOLLOWUP: why it can't be finished as it stands
NEEDS_INPUT: the one question that its owner has to answer`;

const reviewRules = `# How to decide

You are in a worktree of the change: read around, run what helps. Nothing that you write there is kept. End your message with one line that holds nothing but your verdict:

VERDICT: APPROVED
VERDICT: NEEDS_CHANGES
VERDICT: REJECTED

APPROVED: it does what the task asks and may land as it is. NEEDS_CHANGES: say what has to change, file by file. REJECTED: the approach is wrong; say why.`;
