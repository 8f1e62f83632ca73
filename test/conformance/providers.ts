import type { Failure } from '../../src/demo/model-server/script.ts';
import type { CliName } from '../rig/pinned-clis.ts';

/** What each provider says when the conversation is too long for the model. */
export const context: Readonly<Record<CliName, Failure>> = {
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
export const noCredit: Readonly<Record<CliName, Failure>> = {
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
  return { kind: 'status', status, body: JSON.stringify(body) };
}
