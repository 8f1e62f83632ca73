import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claude } from '../../src/harness/claude.ts';
import { codex } from '../../src/harness/codex.ts';
import { customHarness } from '../../src/harness/custom.ts';
import { gemini } from '../../src/harness/gemini.ts';
import { emptyReading, type Harness, type Reading } from '../../src/harness/harness.ts';
import { opencode } from '../../src/harness/opencode.ts';
import { builtInHarnesses, findHarness } from '../../src/harness/registry.ts';
import { errorLine, stepFinish, stepStart, textLine, toolLine } from '../rig/opencode-lines.ts';

describe('opencode', () => {
  it('keeps the text of the last step only, all parts of it', () => {
    const reading = readAll(opencode, [
      ...[stepStart('s'), textLine('s', 'first'), toolLine('s', 'ls'), stepFinish('s', 'tool-calls')],
      ...[stepStart('s'), textLine('s', 'one'), textLine('s', 'two'), stepFinish('s', 'stop')],
    ]);
    expect(reading).toMatchObject({
      session: 's',
      message: 'one\ntwo',
      finished: true,
      usage: { input: 200, output: 40 },
    });
  });

  it('has no final message when the last step says nothing', () => {
    const reading = readAll(opencode, [
      ...[stepStart('s'), textLine('s', 'COMPLETE_AND_READY_FOR_MERGE'), stepFinish('s', 'tool-calls')],
      ...[stepStart('s'), stepFinish('s', 'stop')],
    ]);
    expect(reading.message).toBeUndefined();
  });

  it('is not finished when a tool call was its last act, or an error its last word', () => {
    expect(readAll(opencode, [stepStart('s'), stepFinish('s', 'tool-calls')]).finished).toBe(false);
    const failed = readAll(opencode, [stepStart('s'), stepFinish('s', 'stop'), errorLine('s', 401, 'no key')]);
    expect(failed).toMatchObject({ finished: false, failure: { status: 401, message: 'no key', code: 'APIError' } });
  });

  it('gets nowhere by asking a model that breaks off again and again', () => {
    const round = [stepStart('s'), textLine('s', 'I will'), stepFinish('s', 'unknown')];
    expect(readAll(opencode, [...round, ...round, ...round])).toMatchObject({
      progress: 0,
      retries: 3,
      finished: false,
    });
  });

  it('reports a cost only when it knows a price', () => {
    const priced = stepFinish('s', 'stop').replace('"cost":0', '"cost":0.25');
    expect(readAll(opencode, [stepFinish('s', 'stop')]).usage).not.toHaveProperty('costUsd');
    expect(readAll(opencode, [priced, priced]).usage.costUsd).toBe(0.5);
  });

  it('counts cached tokens as input', () => {
    const cached = stepFinish('s', 'stop').replace('"read":0', '"read":60');
    expect(cached).toContain('"read":60');
    expect(readAll(opencode, [cached, cached]).usage).toEqual({ input: 320, cached: 120, output: 40 });
  });

  it('says what the agent does', () => {
    expect(readAll(opencode, [toolLine('s', 'npm test\n  --all')]).activity).toBe('bash npm test --all');
  });
});

describe('claude', () => {
  const said = (id: string, text: string, more = {}) =>
    json({
      type: 'assistant',
      message: { id, model: 'opus', content: [{ type: 'text', text }] },
      session_id: 's',
      ...more,
    });
  const result = (more: object) => json({ session_id: 's', is_error: false, usage: {}, ...more, type: 'result' });

  it('does not take its own words about an error for the agent’s', () => {
    const synthetic = json({
      type: 'assistant',
      message: { id: 'x', model: '<synthetic>', content: [{ type: 'text', text: 'VERDICT: APPROVED' }] },
      error: 'rate_limit',
    });
    expect(readAll(claude, [said('1', 'fine'), synthetic])).toMatchObject({
      message: 'fine',
      failure: { code: 'rate_limit' },
    });
  });

  it('decides by is_error, whatever the subtype says', () => {
    const failed = result({ subtype: 'success', is_error: true, result: 'API Error', api_error_status: 529 });
    expect(readAll(claude, [failed])).toMatchObject({
      finished: false,
      failure: { message: 'API Error', status: 529 },
    });
    expect(readAll(claude, [failed]).message).toBeUndefined();
    expect(readAll(claude, [json({ type: 'result', result: 'no word on errors' })]).finished).toBe(false);
  });

  it('takes the result line for the final message, even when that is blank', () => {
    expect(readAll(claude, [said('1', 'earlier'), result({ result: 'final' })])).toMatchObject({
      message: 'final',
      finished: true,
    });
    expect(readAll(claude, [said('1', 'earlier'), result({ result: '' })]).message).toBeUndefined();
  });

  it('does not take a subagent’s words for the agent’s', () => {
    const reading = readAll(claude, [said('1', 'mine'), said('2', 'not mine', { parent_tool_use_id: 'toolu_1' })]);
    expect(reading.message).toBe('mine');
  });

  it('forgets a failure that it got over, and counts the tries as noise', () => {
    const retry = json({ type: 'system', subtype: 'api_retry', attempt: 1, error_status: 529, error: 'overloaded' });
    expect(readAll(claude, [retry])).toMatchObject({ retries: 1, progress: 0, failure: { status: 529 } });
    expect(readAll(claude, [retry, said('1', 'on we go')]).failure).toBeUndefined();
  });

  it('counts cached tokens as input', () => {
    const usage = { input_tokens: 1, cache_read_input_tokens: 10, cache_creation_input_tokens: 100, output_tokens: 5 };
    const reading = readAll(claude, [result({ usage, total_cost_usd: 0.5 })]);
    expect(reading.usage).toEqual({ input: 111, cached: 10, output: 5, costUsd: 0.5 });
  });
});

describe('codex', () => {
  const item = (event: string, found: object) => json({ type: `item.${event}`, item: found });
  const message = (text: string) => item('completed', { type: 'agent_message', text });

  it('counts cached tokens as input', () => {
    const usage = { input_tokens: 200, cached_input_tokens: 120, output_tokens: 40 };
    const reading = readAll(codex, [json({ type: 'turn.completed', usage })]);
    expect(reading.usage).toEqual({ input: 200, cached: 120, output: 40 });
  });

  it('takes an item of type error for a remark', () => {
    const remark = item('completed', { type: 'error', message: 'Model metadata for `x` not found' });
    expect(readAll(codex, [remark])).toEqual(emptyReading);
  });

  it('takes an error event for another try, and turn.failed for the end', () => {
    const retry = json({ type: 'error', message: 'Reconnecting... 1/5 (unexpected status 401 Unauthorized: x)' });
    expect(readAll(codex, [retry])).toMatchObject({ retries: 1, failure: { status: 401 } });
    expect(readAll(codex, [retry, message('there')]).failure).toBeUndefined();
    const failed = json({ type: 'turn.failed', error: { message: 'exceeded retry limit, last status: 429' } });
    expect(readAll(codex, [message('x'), failed])).toMatchObject({ finished: false, failure: { status: 429 } });
  });

  it('keeps the last message, unless the agent went on working after it', () => {
    const completed = json({ type: 'turn.completed', usage: { input_tokens: 3, output_tokens: 2 } });
    const plan = item('completed', { type: 'todo_list', items: [] });
    expect(readAll(codex, [message('a'), message('b'), plan, completed])).toMatchObject({
      message: 'b',
      finished: true,
    });
    const command = { type: 'command_execution', command: 'ls' };
    const worked = [message('a'), item('started', command), item('completed', command), completed];
    expect(readAll(codex, worked).message).toBeUndefined();
  });
});

describe('gemini', () => {
  const said = (content: string) => json({ type: 'message', role: 'assistant', content, delta: true });

  it('puts the pieces of a message together as they are', () => {
    expect(readAll(gemini, [said('COMPLETE_AND'), said('_READY'), said('\nx')]).message).toBe('COMPLETE_AND_READY\nx');
  });

  it('begins a new message after a tool call, and leaves out what the user said', () => {
    const lines = [said('before'), json({ type: 'tool_use', tool_name: 'x' }), said('after')];
    expect(readAll(gemini, [...lines, json({ type: 'message', role: 'user', content: 'no' })]).message).toBe('after');
  });

  it('counts cached tokens as input', () => {
    const stats = { total_tokens: 120, input_tokens: 100, output_tokens: 20, cached: 60, input: 40 };
    const reading = readAll(gemini, [json({ type: 'result', status: 'success', stats })]);
    expect(reading.usage).toEqual({ input: 100, cached: 60, output: 20 });
  });

  it('trusts the result line and not the exit code', () => {
    const failed = json({ type: 'result', status: 'error', error: { message: 'broken' } });
    expect(gemini.end(readAll(gemini, [said('x'), failed]), 145)).toMatchObject({
      finished: false,
      failure: { message: 'broken', status: 401 },
    });
  });
});

describe('a CLI with plain text', () => {
  const text = customHarness('mine', { command: ['a'], prompt: 'stdin', output: 'text' });

  it('has all it printed for its final message', () => {
    expect(text.end(readAll(text, ['one', '', 'two']), 0)).toMatchObject({
      message: 'one\n\ntwo',
      finished: true,
      progress: 2,
    });
  });

  it('keeps the end of a message without measure', () => {
    const lines = Array.from({ length: 3000 }, (_, at) => `${at} ${'x'.repeat(1000)}`);
    const { message } = text.end(readAll(text, [...lines, 'VERDICT: APPROVED']), 0);
    expect(message!.length).toBe(64 * 1024);
    expect(message!.endsWith('\nVERDICT: APPROVED')).toBe(true);
  });

  it('may speak as a CLI that oompa knows', () => {
    const mine = customHarness('mine', { command: ['a'], prompt: 'stdin', output: 'opencode' });
    expect(readAll(mine, [textLine('s', 'hello')])).toMatchObject({ session: 's', message: 'hello' });
  });
});

describe.each(builtInHarnesses)('%s', (name) => {
  const harness = findHarness(name, {})!;

  it('is left cold by lines that it does not know', () => {
    for (const line of ['', 'plain words', '{', 'null', '[]', '{"type":7}', '{"type":"result"']) {
      expect(harness.read(emptyReading, line)).toEqual(emptyReading);
    }
  });

  it('never throws, whatever its known events hold', () => {
    const types = [
      'step_start',
      'text',
      'tool_use',
      'step_finish',
      'error',
      'assistant',
      'system',
      'result',
      'message',
    ].concat([
      'item.completed',
      'item.started',
      'turn.completed',
      'turn.failed',
      'thread.started',
      'tool_result',
      'init',
    ]);
    const keys = [
      'part',
      'item',
      'message',
      'error',
      'usage',
      'stats',
      'content',
      'text',
      'state',
      'tokens',
      'changes',
      'errors',
    ];
    const plain = fc.oneof(
      fc.constantFrom<unknown>('text', '', null, true, -1, Number.MAX_VALUE),
      fc.array(fc.constant({})),
    );
    const one = fc.dictionary(fc.constantFrom(...keys), plain, { maxKeys: 3 });
    const anything = fc.oneof(
      plain,
      one,
      fc.array(one, { maxLength: 2 }),
      fc.dictionary(fc.constantFrom(...keys), one),
    );
    const event = fc.record({
      type: fc.constantFrom(...types),
      rest: fc.dictionary(fc.constantFrom(...keys), anything),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), (events) => {
        readAll(
          harness,
          events.map(({ type, rest }) => json({ ...rest, type })),
        );
      }),
    );
  });
});

function readAll(harness: Harness, lines: readonly string[]): Reading {
  return lines.reduce((reading, line) => harness.read(reading, line), emptyReading);
}

function json(value: object): string {
  return JSON.stringify(value);
}
