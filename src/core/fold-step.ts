import type { Append } from './append.ts';
import type { RunEvent } from './event.ts';
import type { Doing, IterationRecord } from './run-state.ts';
import { retryWords } from './limit-words.ts';
import { agentName } from './run-state.ts';

/** The events of an iteration between its claim and its end. */
export type StepEvent = Extract<
  RunEvent,
  {
    type:
      | 'worktree:ready'
      | 'setup:ended'
      | 'turn:started'
      | 'turn:said'
      | 'turn:ended'
      | 'turn:warned'
      | 'retry:planned'
      | 'retry:succeeded'
      | 'chain:advanced'
      | 'work:committed'
      | 'work:sent-back'
      | 'work:rescued'
      | 'review:started'
      | 'review:ended'
      | 'verify:waiting'
      | 'verify:started'
      | 'verify:ended'
      | 'landing:intended'
      | 'landing:landed'
      | 'landing:held'
      | 'landing:conflicted';
  }
>;

/** What the worker does from now on; undefined = what it did before. */
export function doingAfter(event: StepEvent): Doing | undefined {
  switch (event.type) {
    case 'turn:started':
      return { kind: 'turn', turn: event.turn, agent: agentName(event), prompt: event.prompt };
    case 'turn:ended':
      return { kind: event.signal === 'ready' ? 'committing' : 'between' };
    case 'review:started':
      return { kind: 'review', round: event.round, maxRounds: event.maxRounds, reviewer: event.reviewer };
    case 'review:ended':
      return { kind: event.verdict === 'approved' ? 'landing' : 'between' };
    case 'verify:waiting':
      return { kind: 'waiting', why: event.why };
    case 'retry:planned':
      return { kind: 'waiting', why: retryWords(event) };
    case 'verify:started':
      return { kind: 'verify', command: event.command };
    case 'verify:ended':
      return { kind: event.result === 'passed' ? 'landing' : 'between' };
    case 'landing:intended':
      return { kind: 'landing' };
    case 'work:sent-back':
    case 'landing:landed':
    case 'landing:held':
    case 'landing:conflicted':
      return { kind: 'between' };
    case 'worktree:ready':
    case 'setup:ended':
    case 'turn:said':
    case 'work:committed':
    case 'work:rescued':
    case 'turn:warned':
    case 'retry:succeeded':
    case 'chain:advanced':
      return undefined;
  }
}

/** What the iteration's record gains. */
export function learntFrom(event: StepEvent, going: IterationRecord, append: Append): Partial<IterationRecord> {
  switch (event.type) {
    case 'worktree:ready':
      return { branch: event.branch, base: event.base };
    case 'turn:ended':
      return { turns: append(going.turns, event) };
    case 'work:committed':
      return {
        work: { commit: event.commit, files: event.files.length, added: event.added, deleted: event.deleted },
      };
    case 'retry:planned': {
      const { role, agent, failure, try: number } = event;
      return { retries: append(going.retries, { role, agent, failure: failure.kind, try: number, succeeded: false }) };
    }
    case 'retry:succeeded':
      return {
        retries: going.retries.map((retry, index) =>
          index === going.retries.length - 1 ? { ...retry, succeeded: true } : retry,
        ),
      };
    case 'chain:advanced':
      return {
        advances: append(going.advances, { role: event.role, from: event.agent, to: event.to, why: event.why }),
      };
    case 'work:sent-back':
      return { sentBack: append(going.sentBack, event.feedback) };
    case 'work:rescued':
      return { rescue: event.ref };
    case 'review:ended':
      return { reviews: append(going.reviews, event) };
    case 'verify:ended':
      return { checks: append(going.checks, event) };
    case 'landing:landed':
      return { landing: { commit: event.commit, title: event.title, at: event.at } };
    case 'landing:held':
      return { held: { commit: event.commit, paths: event.paths, why: event.why } };
    case 'landing:conflicted':
      return { conflicts: going.conflicts + 1 };
    case 'setup:ended':
    case 'turn:started':
    case 'turn:said':
    case 'turn:warned':
    case 'review:started':
    case 'verify:waiting':
    case 'verify:started':
    case 'landing:intended':
      return {};
  }
}
