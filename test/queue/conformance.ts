import { describe } from 'vitest';
import { describeAdding } from './conformance/adding.ts';
import { describeAdopting } from './conformance/adopting.ts';
import { describeClaiming } from './conformance/claiming.ts';
import { describeHandEdits } from './conformance/hand-edits.ts';
import { describeLeases } from './conformance/leases.ts';
import { describeMovingOn } from './conformance/moving-on.ts';
import { describeRacing } from './conformance/racing.ts';
import { describeRecovering } from './conformance/recovering.ts';
import { describeSequences } from './conformance/sequences.ts';
import { describeSessions } from './conformance/sessions.ts';
import { setStage } from './conformance/stage.ts';
import type { OpenBackend } from './conformance/stage.ts';
import { describeStaleClaims } from './conformance/stale-claims.ts';
import { describeSettlingTwice } from './conformance/settling-twice.ts';
import { describeUnreadableFiles } from './conformance/unreadable-files.ts';
import { describeWaiting } from './conformance/waiting.ts';

/** What any queue must do, whatever it is made of. A backend that passes may be plugged in. */
export function describeQueue(name: string, openBackend: OpenBackend): void {
  describe(`${name}: the queue`, () => {
    const stage = setStage(openBackend);
    describeClaiming(stage);
    describeRacing(stage);
    describeMovingOn(stage);
    describeSettlingTwice(stage);
    describeSessions(stage);
    describeStaleClaims(stage);
    describeLeases(stage);
    describeRecovering(stage);
    describeAdopting(stage);
    describeHandEdits(stage);
    describeUnreadableFiles(stage);
    describeAdding(stage);
    describeWaiting(stage);
    describeSequences(openBackend);
  });
}
