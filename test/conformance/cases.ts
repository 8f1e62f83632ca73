import type { FailureKind } from '../../src/core/failure.ts';
import type { Failure, ModelReply, ModelRequest, Script, Usage } from '../../src/demo/model-server/script.ts';
import type { CliName } from '../rig/pinned-clis.ts';
import { context, noCredit } from './providers.ts';
import { asking, denying, type Setting } from './settings.ts';

/** What a turn has to come to. Tokens are those of this turn alone, input and output. */
export type Expected =
  | { readonly kind: 'answered'; readonly message: string; readonly tokens: readonly [number, number] }
  | {
      readonly kind: FailureKind;
      /** How long the provider asked to wait, in milliseconds, where the CLI tells it; not looked at when left out. */
      readonly retryAfterMs?: number;
    };

/** One thing that a provider, an agent or the system may do, and what oompa has to make of it. */
export interface Case {
  /** What the model does. */
  readonly script: Script;
  /** `new`: the first turn of a session counts; `resumed`: the second one; `unknown`: a session that does not exist is resumed. */
  readonly session: 'new' | 'resumed' | 'unknown';
  readonly expected: Expected;
  /** Where the CLI behaves differently with it. */
  readonly model?: string;
  /** What the user has set for the CLI. */
  readonly setting?: Setting;
  /** Milliseconds without progress that the turn is given; so many that they don't matter when left out. */
  readonly silenceMs?: number;
  /** Sent to the CLI from outside while its tool runs. */
  readonly kill?: 'SIGTERM' | 'SIGKILL';
  /** How many turns run at the same time, on the state of one user; 1 when left out. */
  readonly atOnce?: number;
  /** Whether the session goes on afterwards; not tried when left out. */
  readonly resumes?: boolean;
  /** How often the CLI asks the model before it gives up; not counted when left out. */
  readonly requests?: number;
  /** The file that the agent must not have been able to write. */
  readonly absent?: string;
  /** What to know about this CLI here. */
  readonly note?: string;
}

/** A case that a CLI can't be put into, and why. */
export interface Impossible {
  readonly cannot: string;
}

/** The tokens of each answer of the model. */
export const usage: Usage = { input: 100, output: 20 };

/** The session that is asked for where there is none. */
export function unknownSession(cli: CliName): string {
  return cli === 'opencode' ? 'ses_e073c05f0ffepJUrV0faUAk62K' : '00000000-0000-4000-8000-000000000000';
}

/** All cases by name, in the order of the table. The tests of live CLIs and those of the recordings share it. */
export function casesOf(cli: CliName): ReadonlyMap<string, Case | Impossible> {
  const cases: readonly (readonly [string, Case | Impossible])[] = [
    ['plain', answers(() => say(plain), plain, 1)],
    ['tool', answers(writesTwoFiles, 'Both files are written.', 3)],
    ['tool-code-mode', toolCodeMode(cli)],
    ['tool-failed', answers(failsOnce, 'The command failed.', 2)],
    ['resume', { ...answers(saysItsTurn, 'This is turn 2.', 1), session: 'resumed' }],
    ['unknown-session', { ...fails('session-gone', () => say('Never asked.')), session: 'unknown', requests: 0 }],
    ['401', fails('auth', status(401))],
    ['403', fails('auth', status(403))],
    ['404', fails('model-unknown', status(404))],
    ['429', { ...fails('rate-limited', status(429)), ...stubborn(cli) }],
    ['429-retry-after', { ...retryAfter(cli), ...forgetful(cli) }],
    // opencode and gemini would ask again, but are ended at once.
    ['no-credit', { ...fails('quota', () => noCredit[cli]), requests: 1 }],
    ['500', fails('overloaded', status(500, soon))],
    ['529', fails('overloaded', status(529, soon))],
    ['reset', { ...fails('network', () => ({ kind: 'reset' })), ...stubborn(cli) }],
    ['reset-in-stream', { ...fails('network', () => ({ kind: 'break' })), ...forgetful(cli), ...stubborn(cli) }],
    ['cut', cut(cli)],
    ['hang', { ...fails('silent', () => ({ kind: 'hang' })), silenceMs: 8000, ...speechless(cli) }],
    ['stall', { ...fails('silent', () => ({ kind: 'stall' })), silenceMs: 8000 }],
    ['empty', fails('no-final-message', () => ({ kind: 'empty', usage }))],
    ['context', fails('context-full', () => context[cli])],
    ['denied-permission', { ...answers(touches, 'That was it.', 2), setting: denying[cli], absent: touched }],
    ['asked-permission', askedPermission(cli)],
    ['sigterm', { ...sigterm(cli), kill: 'SIGTERM', resumes: true }],
    ['sigkill', { ...fails('crashed', endlessTool), kill: 'SIGKILL', resumes: true }],
    ['eight-at-once', { ...answers(() => say(plain), plain, 1), atOnce: 8 }],
  ];
  return new Map(cases.map(([name, each]) => [name, { ...each, ...countOf(cli, name) }]));
}

/** Another set of tools, which run inside a piece of JavaScript. */
function toolCodeMode(cli: CliName): Case | Impossible {
  if (cli !== 'codex') return { cannot: 'only codex has this set of tools' };
  return { ...answers(writesTwoFiles, 'Both files are written.', 3), model: 'gpt-6.1-sol' };
}

/** opencode would ask again without an end, so that the model relents. */
function cut(cli: CliName): Case {
  if (cli !== 'opencode') return fails('network', () => ({ kind: 'cut' }));
  const script: Script = ({ replies }) => (replies < 3 ? { kind: 'cut' } : say('At last.'));
  return { ...answers(script, 'At last.', 1), note: 'asks again until it gets an answer' };
}

function askedPermission(cli: CliName): Case | Impossible {
  if (cli !== 'opencode') return { cannot: 'never asks, by a flag that oompa starts it with' };
  return { ...fails('permission-denied', touches), setting: asking, absent: touched };
}

function sigterm(cli: CliName): Case {
  if (cli !== 'gemini') return fails('crashed', endlessTool);
  return { ...fails('no-final-message', endlessTool), note: 'ends with exit code 0 and without a word' };
}

function stubborn(cli: CliName): Pick<Case, 'note'> {
  return cli === 'opencode' ? { note: 'tries for more than a minute before it gives up' } : {};
}

/** Of the four only opencode tells how long it was asked to wait. */
function retryAfter(cli: CliName): Case {
  const limited = fails('rate-limited', status(429, { 'retry-after': '1' }));
  return cli === 'opencode' ? { ...limited, expected: { kind: 'rate-limited', retryAfterMs: 1000 } } : limited;
}

/** Whether a session goes on whose first turn has failed. */
function forgetful(cli: CliName): Pick<Case, 'resumes' | 'note'> {
  return cli === 'gemini' ? { resumes: false, note: 'keeps no session when its first turn fails' } : { resumes: true };
}

/** Whether a session goes on whose model has never answered. */
function speechless(cli: CliName): Pick<Case, 'resumes' | 'note'> {
  if (cli !== 'opencode') return { resumes: true };
  return { resumes: false, note: 'does not tell its session before the model answers' };
}

/** How often each CLI asks before it gives up; claude, codex and gemini as test/rig/model-servers/clis.ts bounds them. */
const requests: Readonly<Record<CliName, Readonly<Record<string, number>>>> = {
  opencode: { '401': 1, '403': 1, '404': 1, '429': 6, '429-retry-after': 6, '500': 6, '529': 6 },
  claude: { '401': 2, '403': 1, '404': 2, '429': 2, '429-retry-after': 2, '500': 2, '529': 2 },
  codex: { '401': 2, '403': 2, '404': 2, '429': 1, '429-retry-after': 2, '500': 4, '529': 4 },
  gemini: { '401': 1, '403': 1, '404': 1, '429': 2, '429-retry-after': 2, '500': 2, '529': 2 },
};

function countOf(cli: CliName, name: string): Pick<Case, 'requests'> {
  const count = requests[cli][name];
  return count === undefined ? {} : { requests: count };
}

const plain = 'All is well.\n\nCOMPLETE_AND_READY_FOR_MERGE';

/** opencode waits for more than a minute otherwise; the others don't know this header. */
const soon = { 'retry-after-ms': '50' };

/** The file in the agent's folder that holds the process id of the tool of `sigterm` and `sigkill`, once it runs. */
export const toolFile = 'tool.pid';

/** claude refuses a bare `sleep`. */
function endlessTool(): ModelReply {
  return bash(`echo $$ > ${toolFile}; tail -f /dev/null`);
}

const touched = 'touched.txt';

function touches({ replies }: ModelRequest): ModelReply {
  return replies === 0 ? bash(`touch ${touched}`) : say('That was it.');
}

function failsOnce({ replies }: ModelRequest): ModelReply {
  return replies === 0 ? bash('echo no luck >&2; exit 3') : say('The command failed.');
}

function saysItsTurn({ turns }: ModelRequest): ModelReply {
  return say(`This is turn ${String(turns)}.`);
}

const toolSteps: readonly ModelReply[] = [
  { kind: 'use', text: 'I write a file.', tool: { kind: 'bash', command: 'echo by bash > bash.txt; pwd' }, usage },
  { kind: 'use', tool: { kind: 'write', path: 'written.txt', content: 'by a tool\n' }, usage },
];

function writesTwoFiles({ replies }: ModelRequest): ModelReply {
  return toolSteps[replies] ?? say('Both files are written.');
}

function say(text: string): ModelReply {
  return { kind: 'say', text, usage };
}

function bash(command: string): ModelReply {
  return { kind: 'use', tool: { kind: 'bash', command }, usage };
}

function status(code: number, headers: Readonly<Record<string, string>> = {}): () => Failure {
  return () => ({ kind: 'status', status: code, headers });
}

/** A turn that ends well after so many answers of the model. */
function answers(script: Script, message: string, replies: number): Case {
  const tokens = [usage.input * replies, usage.output * replies] as const;
  return { script, session: 'new', expected: { kind: 'answered', message, tokens } };
}

function fails(kind: FailureKind, script: Script): Case {
  return { script, session: 'new', expected: { kind } };
}
