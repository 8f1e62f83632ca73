import { usageFrom } from '../core/usage.ts';
import {
  activityOf,
  failureText,
  gaveUp,
  inSession,
  progressed,
  retried,
  subjectOf,
  unspoken,
  usedTools,
} from './fold.ts';
import type { AgentCommand, Harness, Reading, ReportedFailure, TurnRequest } from './harness.ts';
import { asObject, countAt, numberAt, objectAt, parseObject, textAt, type JsonObject } from './json.ts';
import { keepGeminiSession } from './state/gemini-sessions.ts';
import { telling } from './tell/entries.ts';
import { tellGemini } from './tell/gemini.ts';

/** gemini-cli (seen: 0.61.0). Its result line decides, not its exit code (145 for a 401, 0 for an empty answer). */
export const gemini: Harness = {
  name: 'gemini',
  binary: 'gemini',
  install: 'npm install -g @google/gemini-cli',
  cumulative: { tokens: false, cost: false },
  reportsCost: false,
  // Of an empty answer it says itself that this may pass.
  retry: { also: [], whenNothingCame: true },
  command,
  read,
  end,
  keepSession: keepGeminiSession,
  tell: telling(read, tellGemini),
};

function command({ prompt, model, session, newSessionId, settings }: TurnRequest): AgentCommand {
  return {
    binary: settings.binary ?? 'gemini',
    args: [
      ...['-o', 'stream-json', '-y'],
      ...(model === undefined ? [] : ['-m', model]),
      ...(session === undefined ? ['--session-id', newSessionId] : ['--resume', session.id]),
      ...(settings.args ?? []),
    ],
    stdin: prompt,
    env: { GEMINI_CLI_NO_RELAUNCH: 'true', GEMINI_CLI_TRUST_WORKSPACE: 'true' },
  };
}

function read(before: Reading, line: string): Reading {
  const event = parseObject(line);
  if (event === undefined) return before;
  const reading = inSession(before, textAt(event, 'session_id'));
  switch (textAt(event, 'type') ?? '') {
    case 'message':
      return textAt(event, 'role') === 'assistant' ? spoke(reading, event) : reading;
    case 'tool_use':
      return usedTools(unspoken(progressed(reading, toolActivity(event))));
    case 'tool_result':
      return unspoken(progressed(reading));
    case 'error':
      return retried(reading, { message: failureText(event, 'an error without a message') });
    case 'result':
      return result(reading, event);
    default:
      return reading;
  }
}

/** The message comes in pieces that are to be put together as they are; a tool call ends it. */
function spoke(reading: Reading, event: JsonObject): Reading {
  const piece = textAt(event, 'content');
  if (piece === undefined) return reading;
  const message = event['delta'] === true ? `${reading.message ?? ''}${piece}` : piece;
  return { ...progressed(reading, activityOf(message.slice(-120))), message };
}

function result(reading: Reading, event: JsonObject): Reading {
  const counted = { ...reading, usage: usageOf(objectAt(event, 'stats')) };
  if (textAt(event, 'status') === 'success') return { ...progressed(counted), finished: true };
  return gaveUp(
    counted,
    failureOf(failureText(event['error'], reading.failure?.message ?? 'an error without a message')),
  );
}

/** Some messages are `[API Error: …]` around the provider's own JSON. */
function failureOf(message: string): ReportedFailure {
  const [, inner = ''] = /^\[API Error: (\{.*\})\]/su.exec(message) ?? [];
  const error = objectAt(parseObject(inner) ?? {}, 'error');
  const status = numberAt(error, 'code');
  return { message: textAt(error, 'message') ?? message, ...(status === undefined ? {} : { status }) };
}

/** The exit code is the HTTP status of the last answer, modulo 256. */
function end(reading: Reading, exitCode: number | undefined): Reading {
  const status = statuses.find((each) => each % 256 === exitCode);
  if (reading.failure === undefined || reading.failure.status !== undefined || status === undefined) return reading;
  return { ...reading, failure: { ...reading.failure, status } };
}

const statuses = [400, 401, 402, 403, 404, 408, 429, 500, 502, 503, 504, 529];

function usageOf(stats: JsonObject): Reading['usage'] {
  return usageFrom({
    input: countAt(stats, 'input_tokens'),
    cached: countAt(stats, 'cached'),
    output: countAt(stats, 'output_tokens'),
    costUsd: undefined,
  });
}

function toolActivity(event: JsonObject): string {
  const input = asObject(event['parameters']) ?? objectAt(event, 'input');
  return activityOf(textAt(event, 'tool_name') ?? textAt(event, 'name') ?? 'tool', subjectOf(input));
}
