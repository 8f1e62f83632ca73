import type { FailureKind } from '../core/failure.ts';
import type { Outcome } from '../core/outcome.ts';
import { agentName } from '../core/run-state.ts';
import { budgetRemedy, limitWords } from './budget-words.ts';
import { deedWords } from './deeds.ts';
import { counted, oneLine, someOf } from './text.ts';

/** What happened, to go on a sentence's end ("failed: …"), and what a person can do about it. */
export interface Message {
  readonly what: string;
  /** What oompa did about it: a clause of its own; failures only. */
  readonly did?: string;
  readonly remedy: string;
}

/** Who failed: the harness, and with its model where that matters. */
export interface Agent {
  readonly harness: string;
  readonly model?: string;
}

/** The one place that words a failed turn. Kinds of a newer version are worded too. */
export function failureMessage(kind: FailureKind, agent: Agent): Required<Message> {
  return { ...causeAndRemedy(kind, agent), did: deedWords(kind) };
}

function causeAndRemedy(kind: FailureKind, agent: Agent): Message {
  const { harness } = agent;
  const named = agentName(agent);
  const again = 'the next attempt starts afresh';
  switch (kind) {
    case 'not-installed':
      return { what: `${harness} is not installed`, remedy: 'install it, then check with: oompa doctor' };
    case 'spawn-failed':
      return { what: `${harness} could not be started`, remedy: 'see what is wrong with: oompa doctor' };
    case 'auth':
      return {
        what: `${harness} is not logged in, or its key was refused`,
        remedy: 'log in, then: oompa doctor --probe',
      };
    case 'quota':
      return { what: `the quota of ${named} is used up`, remedy: 'top it up, or give the pool a `fallback`' };
    case 'rate-limited':
      return { what: `${named} gets too many requests`, remedy: 'use fewer workers, or give the pool a `fallback`' };
    case 'overloaded':
      return {
        what: `the provider of ${named} is overloaded`,
        remedy: 'run again later, or give the pool a `fallback`',
      };
    case 'network':
      return {
        what: `${harness} did not reach its provider`,
        remedy: 'check the network and proxies: oompa doctor --probe',
      };
    case 'model-unknown':
      return { what: `${harness} does not know its model`, remedy: 'correct `model`; see what there is: oompa models' };
    case 'context-full':
      return { what: `the work outgrew the context of ${named}`, remedy: 'split the task, or use another model' };
    case 'session-gone':
      return { what: `${harness} lost its session`, remedy: again };
    case 'session-in-use':
      return { what: `another process uses the session of ${harness}`, remedy: `end it; ${again}` };
    case 'permission-denied':
      return { what: `${harness} was denied a permission`, remedy: 'allow it under `harnesses` in oompa.config.yaml' };
    case 'state-locked':
      return { what: `another process holds the state of ${harness}`, remedy: 'end it, or wait until it is done' };
    case 'state-corrupt':
      return {
        what: `${harness} can't read its own state any more`,
        remedy: 'move that state away, then: oompa doctor --probe',
      };
    case 'mcp-handshake':
      return {
        what: `a tool server (MCP) of ${harness} did not come up`,
        remedy: "repair it, or take it out of the CLI's own settings",
      };
    case 'attach-unreachable':
      return { what: `the server that ${harness} attaches to can't be used`, remedy: 'see why: oompa doctor' };
    case 'no-output':
      return { what: `${harness} ended without a word`, remedy: 'see what it needs: oompa doctor' };
    case 'no-final-message':
      return { what: `${harness} ended without a last message`, remedy: again };
    case 'output-too-large':
      return { what: `${harness} printed more than allowed`, remedy: 'see its transcript, or raise `limits.output`' };
    case 'timeout':
      return { what: `${harness} took too long for a turn`, remedy: 'split the task, or raise `limits.turn_timeout`' };
    case 'silent':
      return { what: `${harness} was silent for too long`, remedy: 'see its transcript, or raise `limits.silence`' };
    case 'over-budget':
      return { what: `${harness} used up a hard budget`, remedy: 'raise it under `limits`, then: oompa swarm' };
    case 'stopped':
      return { what: `${harness} was stopped with the run`, remedy: 'it goes on with the next: oompa swarm' };
    case 'crashed':
      return { what: `${harness} crashed`, remedy: 'see its transcript' };
    case 'unknown':
    default:
      return { what: `${harness} failed`, remedy: 'see its transcript' };
  }
}

/** The one place that words the ending of an iteration. */
export function outcomeMessage(outcome: Outcome, agent: Agent): Message {
  switch (outcome.kind) {
    case 'landed':
      return { what: 'landed', remedy: '' };
    case 'proposed':
      return { what: `proposed ${counted(outcome.tasks.length, 'task')}: ${someOf(outcome.tasks, 3)}`, remedy: '' };
    case 'held':
      return {
        what: heldWords(outcome),
        remedy: outcome.paths.length === 0 ? 'when that is done: oompa land' : 'commit or stash it, then: oompa land',
      };
    case 'rejected':
      return {
        what: `the reviewer rejects the approach: ${oneLine(outcome.reason)}`,
        remedy: 'say in the task what is wanted',
      };
    case 'rounds-exhausted':
      return {
        what: `the reviewer still wanted changes after ${counted(outcome.rounds, 'round')}`,
        remedy: 'read its reviews, sharpen the task, or raise `max_rounds`',
      };
    case 'turns-exhausted':
      return {
        what: `no result after ${counted(outcome.turns, 'turn')}`,
        remedy: 'split the task, or raise `limits.max_turns`',
      };
    case 'no-changes':
      return { what: 'the agent says it is done and changed nothing', remedy: 'say in the task what must change' };
    case 'needs-followup':
      return { what: `the agent gave up: ${oneLine(outcome.why)}`, remedy: 'add what is missing to the task' };
    case 'needs-input':
      return { what: oneLine(outcome.question), remedy: '' };
    case 'review-unavailable':
      return {
        what: `no reviewer gave a verdict: ${oneLine(outcome.why)}`,
        remedy: 'check the reviewer: oompa doctor',
      };
    case 'verify-unavailable':
      return {
        what: `\`${oneLine(outcome.command)}\` could not be run${outcome.onMainToo === true ? ', not on main either' : ''}: ${oneLine(outcome.why)}`,
        remedy: 'try the command yourself, in the checkout',
      };
    case 'agent-failed': {
      const { what, ...rest } = failureMessage(outcome.failure.kind, outcome.agent ?? agent);
      const detail = oneLine(outcome.failure.detail);
      return { what: detail === '' ? what : `${what}: ${detail}`, ...rest };
    }
    case 'over-budget':
      return { what: limitWords(outcome), remedy: budgetRemedy(outcome) };
    case 'setup-failed':
      return {
        what: `\`${oneLine(outcome.command)}\` failed in the new worktree: ${oneLine(outcome.why)}`,
        remedy: 'correct `setup` in oompa.config.yaml',
      };
    case 'disk-failed':
      return { what: `the disk failed: ${oneLine(outcome.why)}`, remedy: 'see what is wrong with: oompa doctor' };
    case 'internal-error':
      return { what: `internal error: ${oneLine(outcome.why)}`, remedy: 'this is a bug in oompa; its work is kept' };
    case 'git-failed':
      return { what: `git failed: ${oneLine(outcome.why)}`, remedy: 'see what is wrong with: oompa doctor' };
    case 'trespassed':
      return trespassMessage(outcome);
    case 'stale-claim':
      return { what: 'somebody else owns the task by now', remedy: '' };
    case 'interrupted':
      return { what: 'the run was stopped', remedy: 'it goes on with the next: oompa swarm' };
    default:
      outcome satisfies never;
      return { what: 'ended in a way that this version does not know', remedy: '' };
  }
}

function trespassMessage(outcome: Extract<Outcome, { kind: 'trespassed' }>): Message {
  switch (outcome.what) {
    case 'checkout':
      return {
        what: oneLine(`the agent changed your checkout (${outcome.why}): ${someOf(outcome.paths, 3)}`),
        remedy: `nothing there was put back; see it with: git -C ${outcome.checkout} status`,
      };
    case 'main':
      return { what: oneLine(outcome.why), remedy: 'nothing lands before that' };
  }
}

/** What holds a landing back: `uncommitted changes in your checkout: src/app.css`. */
export function heldWords({ why, paths }: { readonly why: string; readonly paths: readonly string[] }): string {
  return paths.length === 0 ? oneLine(why) : oneLine(`${why}: ${someOf(paths, 3)}`);
}

/** A second run is often started by mistake: it does no harm, but it should not go unseen. Empty when there is none. */
export function besideWords(beside: readonly string[] = []): string {
  return beside.length === 0 ? '' : `shares the queue with the live run ${beside.join(', ')}`;
}
