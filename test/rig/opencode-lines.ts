/** What opencode 1.18.33 prints for one step that ends with a message: its lines, in order. */
export function opencodeAnswer(session: string, text: string): string[] {
  return [stepStart(session), textLine(session, text), stepFinish(session, 'stop')];
}

/** The line that begins a step. */
export function stepStart(session: string): string {
  return line('step_start', session, { type: 'step-start' });
}

/** A finished piece of the agent's text. */
export function textLine(session: string, text: string): string {
  return line('text', session, { type: 'text', text });
}

/** A shell command that the agent has run. */
export function toolLine(session: string, command: string): string {
  const state = { status: 'completed', input: { command }, output: '', metadata: { exit: 0 }, title: command };
  return line('tool_use', session, { type: 'tool', tool: 'bash', callID: 'call_1', state });
}

/** The line that ends a step; `reason` is stop, tool-calls, length or unknown. 20 tokens out. */
export function stepFinish(session: string, reason: string, input = 100): string {
  const tokens = { total: input + 20, input, output: 20, reasoning: 0, cache: { write: 0, read: 0 } };
  return line('step_finish', session, { type: 'step-finish', reason, tokens, cost: 0 });
}

/** A failure as the provider reports it; `headers` are those of its answer. */
export function errorLine(
  session: string,
  statusCode: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const error = { name: 'APIError', data: { message, statusCode, isRetryable: false, responseHeaders: headers } };
  return JSON.stringify({ type: 'error', timestamp: 0, sessionID: session, error });
}

function line(type: string, session: string, part: object): string {
  return JSON.stringify({
    type,
    timestamp: 0,
    sessionID: session,
    part: { messageID: 'msg_1', sessionID: session, ...part },
  });
}
