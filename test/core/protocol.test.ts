import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSignal, readVerdict } from '../../src/core/protocol.ts';

describe('a signal', () => {
  test.each([
    ['COMPLETE_AND_READY_FOR_MERGE', { kind: 'ready' }],
    ['All done.\n\n  COMPLETE_AND_READY_FOR_MERGE  \n', { kind: 'ready' }],
    ['done\r\nCOMPLETE_AND_READY_FOR_MERGE\r\n', { kind: 'ready' }],
    ['NEEDS_FOLLOWUP: the API is missing', { kind: 'needs-followup', why: 'the API is missing' }],
    ['NEEDS_INPUT: Which currency?', { kind: 'needs-input', question: 'Which currency?' }],
    ['nothing left\n__DONE__', { kind: 'done' }],
    ['NEEDS_INPUT: a?\nCOMPLETE_AND_READY_FOR_MERGE', { kind: 'ready' }],
  ])('is read from a line of its own: %j', (message, signal) => {
    expect(readSignal(message)).toEqual(signal);
  });

  test.each([
    'I will say COMPLETE_AND_READY_FOR_MERGE when I am done',
    'COMPLETE_AND_READY_FOR_MERGE.',
    'not COMPLETE_AND_READY_FOR_MERGE',
    '> COMPLETE_AND_READY_FOR_MERGE',
    '`COMPLETE_AND_READY_FOR_MERGE`',
    '```\nCOMPLETE_AND_READY_FOR_MERGE\n```',
    '~~~text\nCOMPLETE_AND_READY_FOR_MERGE\n~~~',
    '````\n```\nCOMPLETE_AND_READY_FOR_MERGE\n```\n````',
    '```\nCOMPLETE_AND_READY_FOR_MERGE',
    'complete_and_ready_for_merge',
    'NEEDS_INPUT',
    'NEEDS_INPUT:',
    'NEEDS_FOLLOWUP:   ',
    '__DONE__!',
    '',
  ])('is not read from prose, quotes or code: %j', (message) => {
    expect(readSignal(message)).toBeUndefined();
  });
});

describe('a verdict', () => {
  test.each([
    ['Fine.\nVERDICT: APPROVED', 'approved'],
    ['VERDICT: NEEDS_CHANGES\n', 'needs-changes'],
    ['The approach is wrong.\n\nVERDICT: REJECTED', 'rejected'],
    ['VERDICT: APPROVED\nVERDICT: APPROVED', 'approved'],
    ['VERDICT: APPROVED\nNo, wait.\nVERDICT: NEEDS_CHANGES', 'needs-changes'],
    ['```\nVERDICT: REJECTED\n```\nVERDICT: APPROVED', 'approved'],
  ])('is the last line that is exactly one: %j', (message, kind) => {
    expect(readVerdict(message).kind).toBe(kind);
  });

  test.each([
    '',
    '   \n',
    'Approved.',
    'not approved yet',
    'This isn\u2019t approved. VERDICT: APPROVED would be wrong.',
    "I can't say VERDICT: APPROVED",
    'VERDICT: APPROVED with comments',
    'VERDICT: APPROVED.',
    'VERDICT:APPROVED',
    'Verdict: approved',
    '**VERDICT: APPROVED**',
    '> VERDICT: APPROVED',
    '```\nVERDICT: APPROVED\n```',
    '\u2018VERDICT: APPROVED\u2019',
    "'VERDICT: APPROVED'",
    'VERDICT: MAYBE',
    'VERDICT: NEEDS_CHANGES\nAll resolved now.\nVERDICT: APPROVED',
    'VERDICT: REJECTED\nVERDICT: APPROVED',
  ])('P5: anything else is ambiguous, never an approval: %j', (message) => {
    expect(readVerdict(message).kind).toBe('ambiguous');
  });

  test('P5: is an approval only if a line of the message is exactly that', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('VERDICT: APPROVED', 'VERDICT: REJECTED', '```', '> x'))),
        (lines) => {
          const message = lines.join('\n');
          if (readVerdict(message).kind !== 'approved') return;
          expect(message.split(/\r?\n/).map((line) => line.trim())).toContain('VERDICT: APPROVED');
        },
      ),
    );
  });
});
