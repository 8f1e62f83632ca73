import { chatCompletions } from '../../../src/demo/model-server/chat.ts';
import type { Route } from '../../../src/demo/model-server/route.ts';
import { anthropicMessages } from './anthropic-messages.ts';
import { geminiContent } from './gemini-content.ts';
import { openaiResponses } from './openai-responses.ts';

/** Every wire format, so that one server can serve all four CLIs. */
export const allRoutes: readonly Route[] = [chatCompletions, anthropicMessages, openaiResponses, geminiContent];
