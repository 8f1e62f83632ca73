/** A scripted model: decides each reply from the conversation alone, in words that no wire format knows. */
export type Script = (request: ModelRequest) => ModelReply;

/** One question of an agent to its model, in the same form for every wire format. */
export interface ModelRequest {
  /** Name of the model as it came over the wire, without the provider. */
  readonly model: string;
  readonly system: string;
  /** The conversation in order. What the CLI itself adds to a message of the user is left out. */
  readonly messages: readonly ModelMessage[];
  /** Text of the last real message of the user; a tool result is not one. '' if there is none. */
  readonly prompt: string;
  /** How many times the assistant has replied since that message. */
  readonly replies: number;
  /** How many real messages of the user the session has. */
  readonly turns: number;
  /** Names of the tools on offer, in the CLI's own words. */
  readonly tools: readonly string[];
  /** The CLI's session id, where the wire carries it. */
  readonly sessionHint?: string;
}

export interface ModelMessage {
  readonly role: 'user' | 'assistant' | 'tool';
  readonly text: string;
  /** For `tool`: which tool this is the result of, where the wire says so. */
  readonly toolName?: string;
}

/** What a scripted model does with a request: one of the answers, or one of the ways to fail. */
export type ModelReply = Answer | Failure;

export type Answer = Say | Use | Empty;

/** The final text of a turn. */
export interface Say {
  readonly kind: 'say';
  readonly text: string;
  readonly usage?: Usage;
}

/** A tool call, with text before it if given. The CLI runs it and asks again. */
export interface Use {
  readonly kind: 'use';
  readonly text?: string;
  readonly tool: ToolUse;
  readonly usage?: Usage;
}

/** A well-formed answer without any text. */
export interface Empty {
  readonly kind: 'empty';
  readonly usage?: Usage;
}

/** A tool in our words; each wire format maps it to what its CLI calls it. `path` is relative to the agent's folder, or absolute. */
export type ToolUse =
  | { readonly kind: 'bash'; readonly command: string }
  | { readonly kind: 'write'; readonly path: string; readonly content: string };

/** Tokens. Without it they are counted from the lengths of the texts, so that the same run has the same figures. */
export interface Usage {
  readonly input: number;
  readonly output: number;
}

export type Failure =
  /** An HTTP status; without a body, the error that the wire format has for it. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The connection is reset before the first byte. */
  | { readonly kind: 'reset' }
  /** The request is never answered. */
  | { readonly kind: 'hang' }
  /** Headers and the first bytes, then silence. */
  | { readonly kind: 'stall' }
  /** Headers and the first bytes, then the connection is reset. */
  | { readonly kind: 'break' }
  /** The stream ends in good order, without the part that says how the answer finished. */
  | { readonly kind: 'cut' };

/** The usage of an answer: what the script says, or one token for every four characters. */
export function usageOf(answer: Answer, request: ModelRequest): Usage {
  if (answer.usage !== undefined) return answer.usage;
  const read = request.messages.reduce((sum, { text }) => sum + text.length, request.system.length);
  return { input: tokens(read), output: tokens(writtenBy(answer).length) };
}

function writtenBy(answer: Answer): string {
  if (answer.kind === 'empty') return '';
  return answer.kind === 'say' ? answer.text : (answer.text ?? '') + JSON.stringify(answer.tool);
}

function tokens(characters: number): number {
  return Math.ceil(characters / 4);
}
