import type { Failure, ModelReply, ModelRequest, Script, Usage } from '../../src/demo/model-server/script.ts';
import type { CliName } from './pinned-clis.ts';

/** One recording: how the session starts, what the model does, and which turn is kept. */
export interface RecordedCase {
  readonly script: Script;
  /** `new` keeps the first turn, `resumed` the second one of the session, `unknown` resumes a session that does not exist. */
  readonly session: 'new' | 'resumed' | 'unknown';
  /** Where the CLI behaves differently with it. */
  readonly model?: string;
}

const usage: Usage = { input: 100, output: 20 };

/** The cases that are recorded for a CLI, by name. */
export function recordedCases(cli: CliName): Readonly<Record<string, RecordedCase>> {
  const cases: Record<string, RecordedCase> = {
    plain: fresh(() => ({ kind: 'say', text: 'All is well.\n\nCOMPLETE_AND_READY_FOR_MERGE', usage })),
    tool: fresh(writesTwoFiles),
    'tool-failed': fresh(({ replies }) =>
      replies === 0
        ? { kind: 'use', tool: { kind: 'bash', command: 'echo no luck >&2; exit 3' }, usage }
        : { kind: 'say', text: 'The command failed.', usage },
    ),
    resume: {
      session: 'resumed',
      script: ({ turns }) => ({ kind: 'say', text: `This is turn ${String(turns)}.`, usage }),
    },
    'unknown-session': { session: 'unknown', script: () => ({ kind: 'say', text: 'Never asked.', usage }) },
    empty: fresh(() => ({ kind: 'empty', usage })),
    '401': failing({ kind: 'status', status: 401 }),
    '404': failing({ kind: 'status', status: 404 }),
    // Milliseconds are for opencode, which would wait for more than a minute otherwise.
    '429': failing({ kind: 'status', status: 429, headers: { 'retry-after': '1', 'retry-after-ms': '50' } }),
    '500': failing({ kind: 'status', status: 500, headers: { 'retry-after-ms': '50' } }),
    context: failing(context[cli]),
    'no-credit': failing(noCredit[cli]),
    reset: failing({ kind: 'reset' }),
    // opencode would ask again without an end, so that the model relents.
    cut: fresh(({ replies }) => (replies < 3 ? { kind: 'cut' } : { kind: 'say', text: 'At last.', usage })),
  };
  // Another set of tools, which run inside a piece of JavaScript.
  if (cli === 'codex') cases['tool-code-mode'] = { ...fresh(writesTwoFiles), model: 'gpt-6.1-sol' };
  return cases;
}

const toolSteps: readonly ModelReply[] = [
  { kind: 'use', text: 'I write a file.', tool: { kind: 'bash', command: 'echo by bash > bash.txt; pwd' }, usage },
  { kind: 'use', tool: { kind: 'write', path: 'written.txt', content: 'by a tool\n' }, usage },
];

function writesTwoFiles({ replies }: ModelRequest): ModelReply {
  return toolSteps[replies] ?? { kind: 'say', text: 'Both files are written.', usage };
}

function fresh(script: Script): RecordedCase {
  return { session: 'new', script };
}

function failing(failure: Failure): RecordedCase {
  return fresh(() => failure);
}

/** What each provider says when the conversation is too long for the model. */
const context: Readonly<Record<CliName, Failure>> = {
  opencode: openai(400, 'context_length_exceeded', 'This model has a maximum context length of 200000 tokens.'),
  claude: anthropic(400, 'invalid_request_error', 'prompt is too long: 250000 tokens > 200000 maximum'),
  codex: openai(400, 'context_length_exceeded', 'Your input exceeds the context window of this model.'),
  gemini: google(
    400,
    'INVALID_ARGUMENT',
    'The input token count (1250000) exceeds the maximum number of tokens allowed.',
  ),
};

/** What each provider says when nobody has paid. */
const noCredit: Readonly<Record<CliName, Failure>> = {
  opencode: openai(429, 'insufficient_quota', 'You exceeded your current quota.'),
  claude: anthropic(400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
  codex: openai(429, 'insufficient_quota', 'You exceeded your current quota.'),
  gemini: google(
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota, please check your plan and billing details.',
  ),
};

function openai(status: number, code: string, message: string): Failure {
  return failure(status, { error: { message, type: code, code } });
}

function anthropic(status: number, type: string, message: string): Failure {
  return failure(status, { type: 'error', error: { type, message } });
}

function google(status: number, name: string, message: string): Failure {
  return failure(status, { error: { code: status, message, status: name } });
}

function failure(status: number, body: object): Failure {
  return { kind: 'status', status, headers: { 'retry-after-ms': '50' }, body: JSON.stringify(body) };
}
