import type { ModelRequest } from './script.ts';

/** What a wire format reads out of a request; the rest of a ModelRequest follows from it. */
export type WireRequest = Pick<ModelRequest, 'model' | 'system' | 'messages' | 'tools'> & {
  readonly sessionHint: string | undefined;
};

/** Completes a request: finds the prompt and how far the turn has come. */
export function conversation({ sessionHint, ...wire }: WireRequest): ModelRequest {
  const asked = wire.messages.findLastIndex(({ role }) => role === 'user');
  return {
    ...wire,
    prompt: wire.messages[asked]?.text ?? '',
    replies: wire.messages.slice(asked + 1).filter(({ role }) => role === 'assistant').length,
    turns: wire.messages.filter(({ role }) => role === 'user').length,
    ...(sessionHint === undefined ? {} : { sessionHint }),
  };
}
