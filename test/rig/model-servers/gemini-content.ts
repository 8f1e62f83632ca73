import { list, member, string, textOf } from '../../../src/demo/model-server/json.ts';
import { serverSent, type Route } from '../../../src/demo/model-server/route.ts';
import {
  usageOf,
  type Answer,
  type ModelMessage,
  type ModelRequest,
  type ToolUse,
} from '../../../src/demo/model-server/script.ts';

const PATH = /^\/v1beta\/models\/([^/:]+):(streamGenerateContent|generateContent)$/;

/** Gemini generateContent, as gemini speaks it (seen with gemini-cli 0.61.0). */
export const geminiContent: Route = {
  serves: (path) => PATH.test(path),
  streams: ({ path }) => PATH.exec(path)?.[2] === 'streamGenerateContent',
  read: ({ path, body }) => ({
    model: PATH.exec(path)?.[1] ?? '',
    system: textOf(member(member(body, 'systemInstruction'), 'parts')),
    messages: list(member(body, 'contents')).flatMap(readContent),
    tools: list(member(body, 'tools'))
      .flatMap((tool) => list(member(tool, 'functionDeclarations')))
      .map((declaration) => string(member(declaration, 'name'))),
    sessionHint: undefined,
  }),
  events: (answer, request) => [
    ...parts(answer).map((part) => serverSent(candidate(part, request))),
    serverSent(finished([], answer, request)),
  ],
  whole: (answer, request) => JSON.stringify(finished(parts(answer), answer, request)),
  problem: (status) =>
    JSON.stringify({
      error: { code: status, message: `scripted failure ${String(status)}`, status: problemName(status) },
    }),
};

function readContent(content: unknown): ModelMessage[] {
  const all = list(member(content, 'parts'));
  if (member(content, 'role') === 'model') return [{ role: 'assistant', text: textOf(all) }];
  const text = textOf(all.filter((part) => !isContext(part)));
  return [...all.filter(isNewResult).map(readResult), ...(text === '' ? [] : [{ role: 'user' as const, text }])];
}

/** The first message of a session starts with a part of the CLI's own: folder, date and the like. */
function isContext(part: unknown): boolean {
  return string(member(part, 'text')).startsWith('<session_context>');
}

/** A resumed gemini sends each result of the earlier turns twice. */
function isNewResult(part: unknown, index: number, all: readonly unknown[]): boolean {
  const id = (candidate: unknown) => member(member(candidate, 'functionResponse'), 'id');
  return (
    member(part, 'functionResponse') !== undefined &&
    (id(part) === undefined || all.findIndex((candidate) => id(candidate) === id(part)) === index)
  );
}

function readResult(part: unknown): ModelMessage {
  const result = member(part, 'functionResponse');
  const response = member(result, 'response');
  return {
    role: 'tool',
    text: string(member(response, 'output')) || JSON.stringify(response ?? null),
    toolName: string(member(result, 'name')),
  };
}

function parts(answer: Answer): object[] {
  if (answer.kind === 'empty') return [];
  const said = answer.text === undefined ? [] : [{ text: answer.text }];
  return answer.kind === 'say' ? said : [...said, { functionCall: toolOfGemini(answer.tool) }];
}

function toolOfGemini(tool: ToolUse): { name: string; args: object } {
  return tool.kind === 'bash'
    ? { name: 'run_shell_command', args: { command: tool.command, description: 'scripted step' } }
    : { name: 'write_file', args: { file_path: tool.path, content: tool.content } };
}

function candidate(part: object, request: ModelRequest) {
  return { candidates: [{ index: 0, content: { role: 'model', parts: [part] } }], modelVersion: request.model };
}

function finished(all: readonly object[], answer: Answer, request: ModelRequest) {
  const { input, output } = usageOf(answer, request);
  return {
    candidates: [{ index: 0, content: { role: 'model', parts: all }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: input, candidatesTokenCount: output, totalTokenCount: input + output },
    modelVersion: request.model,
  };
}

function problemName(status: number): string {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'PERMISSION_DENIED';
  if (status === 429) return 'RESOURCE_EXHAUSTED';
  return status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL';
}
