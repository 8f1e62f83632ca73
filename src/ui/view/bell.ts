import type { RunEvent } from '../../core/event.ts';

/** Decides which event a person is called for. */
export interface Bell {
  /** True when the run has ended, and when something first needs a person. */
  ringsFor(event: RunEvent): boolean;
}

/** A bell that has not rung yet. */
export function newBell(): Bell {
  let hasCalled = false;
  return {
    ringsFor: (event) => {
      if (event.type === 'run:ended') return true;
      if (hasCalled || !needsPerson(event)) return false;
      hasCalled = true;
      return true;
    },
  };
}

/** A task has failed, asks its owner, or is held by the user's checkout. */
function needsPerson(event: RunEvent): boolean {
  if (event.type !== 'iteration:ended') return false;
  return event.transition === 'fail' || event.transition === 'block' || event.transition === 'stay';
}
