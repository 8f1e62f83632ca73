import type { Claim } from '../core/task.ts';
import type { Queue } from '../queue/queue.ts';

/** Keeps the claims of a run live, and says at once when one of them is somebody else's by now. */
export interface Heartbeat {
  /** Renews the claim until it is let go. */
  keep(claim: Claim): KeptClaim;
  /** Ends all renewing. */
  end(): void;
}

/** A claim that is being kept live. */
export interface KeptClaim {
  /** Aborted when the claim was lost: this process slept past its lease, and somebody has taken the task. */
  readonly lost: AbortSignal;
  letGo(): void;
}

/** Renewals in the time of one lease: two may come late before the claim is in danger. */
const beatsPerLease = 3;

/** One timer for all claims of a run; each renewal is one small file operation. */
export function startHeartbeat(queue: Pick<Queue, 'renew'>, leaseMs: number): Heartbeat {
  const kept = new Set<{ readonly claim: Claim; readonly lost: AbortController }>();
  let isBeating = false;

  const beat = async () => {
    // A slow disk must not pile up beats.
    if (isBeating) return;
    isBeating = true;
    for (const each of kept) {
      // A disk that fails for a moment loses nothing yet: the next beat tries again.
      const renewed = await queue.renew(each.claim);
      if (renewed.kind === 'stale-claim' && kept.delete(each)) each.lost.abort();
    }
    isBeating = false;
  };

  const timer = setInterval(() => void beat(), leaseMs / beatsPerLease);
  timer.unref();
  return {
    keep(claim) {
      const each = { claim, lost: new AbortController() };
      kept.add(each);
      return { lost: each.lost.signal, letGo: () => void kept.delete(each) };
    },
    end: () => {
      clearInterval(timer);
      kept.clear();
    },
  };
}
