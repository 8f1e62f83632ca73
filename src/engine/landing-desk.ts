import { Mutex } from 'async-mutex';
import { mayLand } from '../core/landing.ts';
import { buildCandidate, moveMain } from '../git/landing/landing.ts';
import type { Candidate } from '../git/landing/landing.ts';
import { unreachable } from '../core/unreachable.ts';
import type { SwarmContext } from './context.ts';
import { tell } from './context.ts';
import type { VerifyResult, Verifier } from './verifier.ts';

/** Approved work that asks to land. */
export interface LandingRequest {
  readonly of: { readonly worker: string; readonly task: string; readonly iteration: number };
  /** The number of the claim: with the task, it tells this landing from an earlier one of the same name. */
  readonly claim: number;
  readonly title: string;
  /** Tip of the approved work. */
  readonly head: string;
  /** The newest commit of main that the work holds; undefined when nobody remembers. */
  readonly base: string | undefined;
  /** The reviewer's approval in words; undefined when the pool has no reviewer. */
  readonly approval: string | undefined;
}

/** What came of it. */
export type LandingResult =
  | { readonly kind: 'landed'; readonly commit: string }
  | { readonly kind: 'nothing-to-land' }
  | { readonly kind: 'conflict'; readonly paths: readonly string[]; readonly main: string }
  | { readonly kind: 'verify-red'; readonly command: string; readonly output: string }
  /** `onMainToo`: that says nothing about the work. */
  | { readonly kind: 'verify-unavailable'; readonly command: string; readonly why: string; readonly onMainToo?: true }
  | { readonly kind: 'held'; readonly paths: readonly string[]; readonly why: string; readonly checkout: string }
  | { readonly kind: 'stale-claim' }
  | { readonly kind: 'failed'; readonly why: string };

/** The one way to main: first come, first served inside the process, compare-and-swap against everybody else. */
export interface LandingDesk {
  land(request: LandingRequest): Promise<LandingResult>;
}

/** Main may move under us this often (other runs, the user) before a landing gives up. */
const maxRebuilds = 20;

/** Opens the desk. `verifier` runs the user's checks on a tree and remembers which trees are green. */
export function openLandingDesk(context: SwarmContext, verifier: Verifier): LandingDesk {
  const mutex = new Mutex();
  return { land: (request) => mutex.runExclusive(() => landNow(context, verifier, request)) };
}

async function landNow(context: SwarmContext, verifier: Verifier, request: LandingRequest): Promise<LandingResult> {
  const begun = context.clock();
  const claim = context.fence.claimOid(request.of.task);
  if (claim === undefined) return { kind: 'stale-claim' };
  for (let build = 0; build < maxRebuilds; build += 1) {
    const { tip: main, distrust } = await context.guard.main.check();
    if (main === undefined) return { kind: 'failed', why: `the branch ${context.main} is gone` };
    if (distrust !== undefined) return holdBack(context, request, distrust);
    const built = await buildCandidate(context.repository, candidateOf(context, request, main));
    switch (built.kind) {
      case 'conflict':
        return { kind: 'conflict', paths: built.paths, main };
      case 'nothing':
        return { kind: 'nothing-to-land' };
      case 'failed':
        return { kind: 'failed', why: built.detail };
      case 'candidate':
        break;
      default:
        return unreachable(built);
    }
    const verified = await verify(verifier, request, built);
    if (verified !== undefined) return verified;
    const result = await move(context, request, { candidate: built, claim, begun });
    if (result !== 'main-moved') return result;
  }
  return { kind: 'failed', why: `${context.main} moved ${String(maxRebuilds)} times while the work was landing` };
}

/** Main is not as oompa and its owner left it: what is built on that would carry it on. */
function holdBack(context: SwarmContext, { of, head }: LandingRequest, why: string): LandingResult {
  tell(context, { type: 'landing:held', ...of, commit: head, paths: [], why });
  return { kind: 'held', paths: [], why, checkout: context.repository.root };
}

function candidateOf(context: SwarmContext, request: LandingRequest, main: string) {
  const { strategy } = context.config.merge;
  return {
    main,
    objects: context.objects,
    head: request.head,
    ...(request.base === undefined ? {} : { base: request.base }),
    strategy,
    message: request.title,
    trailers: [
      ['Oompa-Task', request.of.task],
      ['Oompa-Claim', String(request.claim)],
      ['Oompa-Run', context.log.id],
      ['Oompa-Review', request.approval ?? 'none'],
      ['Oompa-Verify', context.config.verify.join(' && ') || 'none'],
    ] as const,
  };
}

async function verify(
  verifier: Verifier,
  request: LandingRequest,
  candidate: Candidate,
): Promise<LandingResult | undefined> {
  const result: VerifyResult = await verifier.verify(candidate, request.of);
  switch (result.kind) {
    case 'green':
      return undefined;
    case 'red':
      return { kind: 'verify-red', command: result.command, output: result.output };
    case 'could-not-run':
      return { ...result, kind: 'verify-unavailable' };
    default:
      return unreachable(result);
  }
}

async function move(
  context: SwarmContext,
  request: LandingRequest,
  { candidate, claim, begun }: { candidate: Candidate; claim: string; begun: number },
): Promise<LandingResult | 'main-moved'> {
  const currentMain = await context.objects.resolve(`refs/heads/${context.main}`);
  if (mayLand({ candidate, currentMain, verified: new Set([candidate.tree]) }).kind !== 'yes') return 'main-moved';
  const moved = await moveMain(context.repository, {
    refs: context.refs,
    branch: context.main,
    from: candidate.main,
    to: candidate.commit,
    claim: { ref: context.fence.claimRef(request.of.task), oid: claim },
    intent: () => {
      context.guard.main.intend(candidate.commit);
      tell(context, { type: 'landing:intended', ...request.of, commit: candidate.commit, from: candidate.main });
      context.log.sync();
    },
  });
  switch (moved.kind) {
    case 'moved': {
      const ms = Math.round(context.clock() - begun);
      tell(context, { type: 'landing:landed', ...request.of, commit: candidate.commit, title: request.title, ms });
      return { kind: 'landed', commit: candidate.commit };
    }
    case 'main-moved':
      return 'main-moved';
    case 'stale-claim':
      return { kind: 'stale-claim' };
    case 'held':
      tell(context, {
        type: 'landing:held',
        ...request.of,
        commit: candidate.commit,
        paths: moved.paths,
        why: moved.why,
      });
      return { kind: 'held', paths: moved.paths, why: moved.why, checkout: moved.checkout };
    default:
      return unreachable(moved);
  }
}
