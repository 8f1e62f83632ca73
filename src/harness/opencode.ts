import { usageFrom } from '../core/usage.ts';
import { activityOf, gaveUp, inSession, progressed, retried, subjectOf, unspoken, usedTools } from './fold.ts';
import type { AgentCommand, Harness, Reading, ReportedFailure, TurnRequest } from './harness.ts';
import { countAt, numberAt, objectAt, parseObject, textAt, type JsonObject } from './json.ts';
import { waitOfHeaders } from './retry-after.ts';
import { tellOpencode } from './tell/opencode.ts';
import { telling } from './tell/entries.ts';

/** opencode (seen: 1.18.33). Six kinds of line, no deltas, no line that says "done". */
export const opencode: Harness = {
  name: 'opencode',
  binary: 'opencode',
  install: 'npm install -g opencode-ai',
  cumulative: { tokens: false, cost: false },
  reportsCost: true,
  // An attached run that goes well may print nothing at all, and a broken one may exit 0.
  // A server that oompa runs is started again; asking one of the user's once more costs nothing.
  retry: { also: ['attach-unreachable'], whenNothingCame: true },
  command,
  read,
  end: (reading) => reading,
  tell: telling(read, tellOpencode),
};

function command({ prompt, cwd, model, effort, session, settings }: TurnRequest): AgentCommand {
  return {
    binary: settings.binary ?? 'opencode',
    args: [
      ...['run', '--format', 'json', '--dir', cwd],
      // Of a model that it does not know, only its log says so.
      ...['--print-logs', '--log-level', 'ERROR'],
      ...(settings.attach === undefined ? [] : ['--attach', settings.attach]),
      ...(model === undefined ? [] : ['-m', model]),
      ...(effort === undefined ? [] : ['--variant', effort]),
      ...(session === undefined ? [] : ['-s', session.id]),
      ...(settings.args ?? []),
    ],
    stdin: prompt,
    env: opencodeVariables,
  };
}

/** What opencode needs in its environment; in attach mode only the server's counts. */
export const opencodeVariables: Readonly<Record<string, string>> = {
  // "ask", the default, ends a headless run without a word at the first path outside the worktree; "deny" tells the model.
  OPENCODE_PERMISSION: '{"external_directory":"deny"}',
  OPENCODE_DISABLE_AUTOUPDATE: '1',
  OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
};

function read(before: Reading, line: string): Reading {
  const event = parseObject(line);
  if (event === undefined) return before;
  const reading = inSession(before, textAt(event, 'sessionID'));
  const part = objectAt(event, 'part');
  switch (textAt(event, 'type') ?? '') {
    case 'step_start':
      // Not progress: a broken stream is tried again as a new step, and what the first try said is dropped.
      return unspoken(reading);
    case 'text':
      return spoke(reading, textAt(part, 'text'));
    case 'reasoning':
      return progressed(reading, activityOf('thinking'));
    case 'tool_use':
      return usedTools(progressed(reading, toolActivity(part)));
    case 'step_finish':
      return stepped(reading, part);
    case 'error':
      return gaveUp(reading, failureOf(objectAt(event, 'error')));
    default:
      return reading;
  }
}

function spoke(reading: Reading, text: string | undefined): Reading {
  if (text === undefined) return reading;
  const message = reading.message === undefined ? text : `${reading.message}\n${text}`;
  return { ...reading, message, activity: activityOf(text) };
}

function stepped(reading: Reading, part: JsonObject): Reading {
  const counted = { ...reading, usage: addStep(reading.usage, part) };
  const reason = textAt(part, 'reason') ?? 'unknown';
  if (reason === 'unknown') {
    // A stream without a finish reason makes opencode ask again for ever (312 model calls in a minute): noise, not progress.
    return retried(counted, { message: 'the model broke off without a finish reason', code: 'unknown-finish' });
  }
  if (reason === 'length')
    return gaveUp(counted, { message: 'its answer was cut off at the output limit', code: reason });
  return { ...progressed(counted), finished: reason === 'stop' };
}

/** Cached tokens are not part of opencode's `input`, nor reasoning of its `output`; a cost of 0 means that it knows no price. */
function addStep(usage: Reading['usage'], part: JsonObject): Reading['usage'] {
  const tokens = objectAt(part, 'tokens');
  const cache = objectAt(tokens, 'cache');
  const cost = countAt(part, 'cost') + (usage.costUsd ?? 0);
  return usageFrom({
    input: usage.input + countAt(tokens, 'input') + countAt(cache, 'read') + countAt(cache, 'write'),
    cached: (usage.cached ?? 0) + countAt(cache, 'read'),
    output: usage.output + countAt(tokens, 'output') + countAt(tokens, 'reasoning'),
    costUsd: cost > 0 ? cost : undefined,
  });
}

function toolActivity(part: JsonObject): string {
  const state = objectAt(part, 'state');
  return activityOf(textAt(part, 'tool') ?? 'tool', subjectOf(objectAt(state, 'input')) ?? textAt(state, 'title'));
}

function failureOf(error: JsonObject): ReportedFailure {
  const data = objectAt(error, 'data');
  const code = textAt(error, 'name') ?? textAt(error, 'code');
  const status = numberAt(data, 'statusCode');
  const retryAfterMs = waitOfHeaders(objectAt(data, 'responseHeaders'));
  return {
    message: textAt(data, 'message') ?? textAt(error, 'message') ?? code ?? 'an error without a message',
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
