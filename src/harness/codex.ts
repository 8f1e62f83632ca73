import { usageFrom } from '../core/usage.ts';
import { activityOf, failureText, gaveUp, inSession, progressed, retried, unspoken, usedTools } from './fold.ts';
import type { AgentCommand, Harness, Reading, ReportedFailure, TurnRequest } from './harness.ts';
import { asObject, countAt, listAt, objectAt, parseObject, textAt, type JsonObject } from './json.ts';
import { tellCodex } from './tell/codex.ts';
import { telling } from './tell/entries.ts';

/** codex (seen: 0.169.0). Its tokens are a running total of the thread; it reports no cost, and failures as text only. */
export const codex: Harness = {
  name: 'codex',
  binary: 'codex',
  install: 'npm install -g @openai/codex',
  cumulative: { tokens: true, cost: false },
  reportsCost: false,
  retry: { also: [], whenNothingCame: false },
  command,
  read,
  end: (reading) => reading,
  tell: telling(read, tellCodex),
};

function command({ prompt, model, effort, session, settings }: TurnRequest): AgentCommand {
  return {
    binary: settings.binary ?? 'codex',
    args: [
      ...(session === undefined ? ['exec'] : ['exec', 'resume']),
      ...['--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'],
      ...(model === undefined ? [] : ['-m', model]),
      ...(effort === undefined ? [] : ['-c', `model_reasoning_effort=${effort}`]),
      ...['-c', 'check_for_update_on_startup=false'],
      ...(settings.args ?? []),
      ...(session === undefined ? [] : [session.id]),
      '-',
    ],
    stdin: prompt,
    env: {},
  };
}

function read(before: Reading, line: string): Reading {
  const event = parseObject(line);
  if (event === undefined) return before;
  switch (textAt(event, 'type') ?? '') {
    case 'thread.started':
      return inSession(before, textAt(event, 'thread_id'));
    case 'turn.started':
      return unspoken(before);
    case 'item.started':
    case 'item.updated':
    case 'item.completed':
      return item(before, objectAt(event, 'item'), textAt(event, 'type') ?? '');
    case 'error':
      // Transient: codex goes on trying, and says turn.failed when it gives up.
      return retried(before, failureOf(failureText(event, 'an error without a message')));
    case 'turn.failed':
      return gaveUp(before, failureOf(failureText(event['error'], 'an error without a message')));
    case 'turn.completed':
      return { ...progressed(before), finished: true, usage: usageOf(objectAt(event, 'usage')) };
    default:
      return before;
  }
}

function item(reading: Reading, found: JsonObject, event: string): Reading {
  const kind = textAt(found, 'type') ?? 'item';
  switch (kind) {
    case 'error':
      // "Model metadata not found" and the like: a remark, and neither a failure nor work.
      return reading;
    case 'agent_message':
      return spoke(reading, event === 'item.completed' ? textAt(found, 'text') : undefined);
    case 'reasoning':
    case 'todo_list':
      return progressed(reading, activityOf(kind === 'reasoning' ? 'thinking' : 'planning'));
    default: {
      const seen = progressed(reading, activityOf(verbs[kind] ?? kind, subjectOfItem(found)));
      const next = isFirstOf(kind, event) ? usedTools(seen) : seen;
      // What an agent said before it went on working is not its final message.
      return event === 'item.started' ? unspoken(next) : next;
    }
  }
}

/** Commands and MCP calls are announced; a change of files and a search may be told of only when they are done. */
function isFirstOf(kind: string, event: string): boolean {
  return event === (kind === 'file_change' || kind === 'web_search' ? 'item.completed' : 'item.started');
}

const verbs: Readonly<Record<string, string>> = { command_execution: 'run', file_change: 'edit', web_search: 'search' };

function spoke(reading: Reading, text: string | undefined): Reading {
  return text === undefined ? progressed(reading) : { ...progressed(reading, activityOf(text)), message: text };
}

function subjectOfItem(found: JsonObject): string | undefined {
  const paths = listAt(found, 'changes')
    .map(asObject)
    .flatMap((change) => (change === undefined ? [] : [textAt(change, 'path') ?? '']))
    .join(' ');
  return paths === '' ? (textAt(found, 'command') ?? textAt(found, 'tool') ?? textAt(found, 'query')) : paths;
}

function failureOf(message: string): ReportedFailure {
  const [, status] = /(?:unexpected status|last status:) (\d{3})\b/.exec(message) ?? [];
  return status === undefined ? { message } : { message, status: Number(status) };
}

function usageOf(usage: JsonObject): Reading['usage'] {
  return usageFrom({
    input: countAt(usage, 'input_tokens'),
    cached: countAt(usage, 'cached_input_tokens'),
    output: countAt(usage, 'output_tokens'),
    costUsd: undefined,
  });
}
