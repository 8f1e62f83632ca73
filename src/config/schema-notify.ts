import { z } from 'zod';
import { noticeEvents, type NoticeEvent, type NotifyTarget } from '../core/notice.ts';
import { variablesIn } from '../core/variables.ts';
import { duration, flag, list, oneOf, settings, text } from './values.ts';

/** Whether this is an address that notices can be sent to: of the web, without user and password. */
export function isWebAddress(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

const event = oneOf(noticeEvents);

const on = z
  .union([event, list(event, noticeEvents.join(', '), 1)], {
    error: `takes ${noticeEvents.join(', ')}, one or a list`,
  })
  .transform((value): readonly NoticeEvent[] => (typeof value === 'string' ? [value] : value))
  .prefault([...noticeEvents])
  .describe(
    'What to tell of; everything when left out. `failed`, `blocked` and `held` are about a task, `budget` about what the run, a pool or a task may use, `ended` about the run.',
  );

const addressError = 'takes an address such as https://hooks.example/oompa, without user and password';

const address = z
  .string({ error: addressError })
  .refine((value) => isWebAddress(value) || variablesIn(value).length > 0, { error: addressError })
  .describe(
    'An address that gets the notice as JSON, by POST. `${NAME}` stands for a variable. Redirects are not followed; it is tried twice where it is not reached or answers 5xx.',
  );

const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, { error: 'is not the name of a header' });

const headers = z
  .record(headerName, z.string({ error: 'takes text' }), { error: 'takes a map of headers to text' })
  .exactOptional()
  .describe('Headers of the webhook, such as Authorization: "Bearer ${TOKEN}"; `${NAME}` stands for a variable.');

const kinds = '`run`, `webhook`, `desktop` or `bell`';

const entry = settings(
  {
    on,
    run: text('a command')
      .exactOptional()
      .describe('A command that gets the notice as JSON on its standard input, run by the shell in the workspace.'),
    webhook: address.exactOptional(),
    headers,
    timeout: duration()
      .exactOptional()
      .describe('How long the command, or the webhook with both its tries, may take; 10s when left out.'),
    desktop: flag()
      .exactOptional()
      .describe('A notification on the desktop: notify-send, or osascript on macOS; nothing where there is none.'),
    bell: flag().exactOptional().describe('The bell of the terminal that the run was started in.'),
  },
  `${kinds}, and maybe \`on\``,
)
  .refine(({ run, webhook, desktop, bell }) => [run, webhook, desktop, bell].filter(isGiven).length === 1, {
    error: `takes one of ${kinds}`,
    when: nothingElse,
  })
  .refine(({ headers: given, webhook }) => given === undefined || webhook !== undefined, {
    error: 'takes `headers` beside `webhook` only',
    when: nothingElse,
  })
  .refine(({ timeout, webhook, run }) => timeout === undefined || isGiven(run ?? webhook), {
    error: 'takes `timeout` beside `run` or `webhook` only',
    when: nothingElse,
  });

/** `notify:`. What is switched off (`bell: false`) is left out. */
export const notifySchema = list(entry, `maps, each with ${kinds}`)
  .default([])
  .transform((entries): readonly NotifyTarget[] => entries.flatMap((each) => targetOf(each)));

function targetOf(given: z.output<typeof entry>): NotifyTarget[] {
  const { on: events, run, webhook, desktop, bell, timeout = 10_000 } = given;
  if (run !== undefined) return [{ kind: 'command', on: events, command: run, timeout }];
  if (webhook !== undefined)
    return [{ kind: 'webhook', on: events, url: webhook, headers: given.headers ?? {}, timeout }];
  if (desktop === true) return [{ kind: 'desktop', on: events }];
  return bell === true ? [{ kind: 'bell', on: events }] : [];
}

/** A key that is mistyped is one problem and not two. */
function nothingElse({ issues }: { readonly issues: readonly unknown[] }): boolean {
  return issues.length === 0;
}

function isGiven(value: unknown): boolean {
  return value !== undefined;
}
