import type { ModelReply, ModelRequest } from './model-server/script.ts';
import { chapters, plannedTask } from './chapters.ts';
import type { Chapter, Scene } from './chapters.ts';

/** What the scripted model of the demo says: to the planner, to the builders and to the reviewer. A pure function. */
export function story(request: ModelRequest): ModelReply {
  switch (request.model) {
    case 'planner':
      return plan(request);
    case 'reviewer':
      return review(request);
    default:
      return build(request);
  }
}

/** Proposes one task, and has nothing left to plan as soon as that one exists. */
function plan(request: ModelRequest): ModelReply {
  if (request.prompt.includes(plannedTask.id)) {
    return say('The queue holds everything that this repository needs.\n\n__DONE__');
  }
  if (request.replies > 0) return say('I proposed one task: counting words is missing.');
  return {
    kind: 'use',
    tool: { kind: 'write', path: `tasks/pending/${plannedTask.id}.yaml`, content: plannedTask.text },
  };
}

function build(request: ModelRequest): ModelReply {
  const scene = sceneOf(chapterOf(request), request.prompt);
  const file = Object.entries(scene.files)[request.replies];
  if (file === undefined) return say(`${scene.says}\n\nCOMPLETE_AND_READY_FOR_MERGE`);
  const [path, content] = file;
  return { kind: 'use', tool: { kind: 'write', path, content } };
}

function review(request: ModelRequest): ModelReply {
  const chapter = chapterOf(request);
  const firstRound = request.prompt.includes('# The change (round 1)');
  if (firstRound && chapter.objection !== undefined) return say(`${chapter.objection}\n\nVERDICT: NEEDS_CHANGES`);
  return say(`${chapter.praise}\n\nVERDICT: APPROVED`);
}

function sceneOf(chapter: Chapter, prompt: string): Scene {
  if (prompt.includes('hold conflict markers')) return chapter.conflict ?? chapter.first;
  if (prompt.includes('# What was found so far')) return chapter.fix ?? chapter.first;
  return chapter.first;
}

/** A resumed session is only told what is new: the task stands in its first message. */
function chapterOf(request: ModelRequest): Chapter {
  const told = request.messages.map(({ text }) => text).join('\n');
  const chapter = chapters.find(({ title }) => told.includes(`# Task: ${title}\n`));
  if (chapter === undefined) throw new Error('the demo was asked about a task that is not in its story');
  return chapter;
}

function say(text: string): ModelReply {
  return { kind: 'say', text };
}
