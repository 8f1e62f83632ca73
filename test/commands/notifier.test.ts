import { Ajv } from 'ajv';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it, onTestFinished } from 'vitest';
import type { Io } from '../../src/commands/io.ts';
import { openNotifier } from '../../src/commands/notifier.ts';
import type { NewEvent, RunEvent } from '../../src/core/event.ts';
import type { NotifyTarget } from '../../src/core/notice.ts';
import { noticeJsonSchema } from '../../src/notify/payload.ts';
import { createRun } from '../../src/runs/run-log.ts';
import { command, failed, folder, noticesIn, over } from '../notify/order.ts';
import { exampleRun } from '../rig/example-run.ts';

const hostile = 'evil \u001b[31mred\u001b[0m\nsecond \u202eline\u0007';

it('tells of a whole run in sentences, as its schema says', async () => {
  const { told } = await tell(exampleRun);
  const notices = await told();
  expect(notices.map(({ message, next }) => [message, next])).toMatchInlineSnapshot(`
    [
      [
        "billing asks: Which currency do stored prices use?",
        "oompa tasks answer billing "…"",
      ],
      [
        "ui-theme is approved and held: uncommitted changes in your checkout: src/app.css",
        "oompa land",
      ],
      [
        "fix-parser failed: opencode was silent for too long: no output for 5 min (attempt 3 of 3)",
        "oompa tasks show fix-parser",
      ],
      [
        "run 20261120T140159-k3f9 ended: 1 of 5 tasks failed, 1 asks you, 1 held, $0.30",
        "oompa runs show 20261120T140159-k3f9",
      ],
    ]
  `);
  const fits = new Ajv().compile(noticeJsonSchema());
  expect(notices.filter((notice) => !fits(notice))).toEqual([]);
});

it('puts what agents and task files say on one line, without escape sequences', async () => {
  const of = { worker: 'builders-1', task: 'a', iteration: 1 };
  const claimed: NewEvent = {
    ...{ type: 'task:claimed', ...of, title: hostile, generation: 1, attempt: 1, from: 'pending' },
  };
  const asks: NewEvent = {
    ...{ type: 'iteration:ended', ...of, outcome: { kind: 'needs-input', question: hostile }, transition: 'block' },
    ...{ attempt: 1, attempts: 3, turns: 1, rounds: 0, usage: { input: 1, output: 1 }, ms: 1 },
  };
  const { told } = await tell([claimed, asks]);
  const line = 'evil red second line';
  expect(await told()).toMatchObject([{ title: line, why: line, message: `a asks: ${line}` }]);
});

it('makes a problem of the run of what fails in it, and a line on stderr of what fails after', async () => {
  const fails: NotifyTarget = { ...command('exit 1'), on: ['failed'] };
  const late: NotifyTarget = { ...command('exit 2'), on: ['ended'] };
  const { events, said } = await tell([failed('a'), 'pause', over], [fails, late]);
  expect(events.map(({ type }) => type)).toEqual(['iteration:ended', 'problem:seen', 'run:ended']);
  expect(said()).toMatch(/^notify: `exit 2`: exit code 2 .*\n$/);
});

it.each([
  ['rings the bell of the terminal', false, '\u0007'],
  ['leaves a program alone that reads the events from a terminal', true, ''],
])('%s', async (_what, json, written) => {
  const terminal = new PassThrough();
  const bell: NotifyTarget = { kind: 'bell', on: ['ended'] };
  await tell([failed('a'), over], [bell], { json, terminal: terminal as unknown as NodeJS.WriteStream });
  expect(String(terminal.read() ?? '')).toBe(written);
});

/** Writes a run's log with a notifier beside it, and waits for what that tells. */
async function tell(
  given: readonly (NewEvent | RunEvent | 'pause')[],
  notify: readonly NotifyTarget[] = [command('cat >> told.jsonl')],
  { json = false, terminal }: { readonly json?: boolean; readonly terminal?: NodeJS.WriteStream } = {},
) {
  const workspace = await folder();
  const events: RunEvent[] = [];
  let said = '';
  const created = createRun({
    workspace,
    id: '20261120T140159-k3f9',
    record: {},
    pidStart: undefined,
    redact: (text) => text,
    now: () => new Date(),
    onEvent: (event) => {
      events.push(event);
      notifier.onEvent(event);
    },
  });
  if (created.kind === 'failed') throw new Error(created.message);
  const { log } = created;
  const io: Io = {
    ...{ cwd: workspace, color: false, columns: 80, terminal, env: process.env },
    stdout: () => undefined,
    stderr: (text) => (said += text),
    now: () => new Date(),
    onStop: () => undefined,
  };
  const notifier = openNotifier({ config: { notify }, workspace, log, json, redact: (text) => text }, io);
  onTestFinished(() => notifier.close(AbortSignal.abort()));
  for (const event of given) {
    if (event !== 'pause') log.append(event);
    else while (!events.some(({ type }) => type === 'problem:seen')) await new Promise((go) => setTimeout(go, 10));
  }
  log.close();
  await notifier.close();
  return { events, said: () => said, told: () => noticesIn(join(workspace, 'told.jsonl')) };
}
