import { expect, test } from 'vitest';
import { conversation } from '../../../src/demo/model-server/conversation.ts';
import { usageOf, type ModelMessage } from '../../../src/demo/model-server/script.ts';

const user = (text: string): ModelMessage => ({ role: 'user', text });
const assistant = (text: string): ModelMessage => ({ role: 'assistant', text });
const result = (text: string): ModelMessage => ({ role: 'tool', text, toolName: 'bash' });

test('a new session has one turn, no replies, and its only message as the prompt', () => {
  expect(of([user('do it')])).toMatchObject({ prompt: 'do it', replies: 0, turns: 1 });
});

test('tool results are neither turns nor prompts', () => {
  const messages = [user('do it'), assistant('a'), result('r1'), assistant(''), result('r2')];
  expect(of(messages)).toMatchObject({ prompt: 'do it', replies: 2, turns: 1 });
});

test('replies are counted from the last message of the user', () => {
  const messages = [user('one'), assistant('a'), result('r'), assistant('b'), user('two'), assistant('c'), result('r')];
  expect(of(messages)).toMatchObject({ prompt: 'two', replies: 1, turns: 2 });
});

test('a conversation without a message of the user has an empty prompt', () => {
  expect(of([])).toMatchObject({ prompt: '', replies: 0, turns: 0 });
});

test('a session id is left out where the wire has none', () => {
  expect(of([])).not.toHaveProperty('sessionHint');
});

test('usage is counted from the texts, unless the script sets it', () => {
  const request = of([user('12345678')]);
  expect(usageOf({ kind: 'say', text: '12345' }, request)).toEqual({ input: 3, output: 2 });
  expect(usageOf({ kind: 'empty' }, request)).toEqual({ input: 3, output: 0 });
  expect(usageOf({ kind: 'say', text: 'x', usage: { input: 100, output: 7 } }, request)).toEqual({
    input: 100,
    output: 7,
  });
});

function of(messages: readonly ModelMessage[]) {
  return conversation({ model: 'm', system: 'sys', messages, tools: [], sessionHint: undefined });
}
