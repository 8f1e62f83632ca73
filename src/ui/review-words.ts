/** A verdict in words. */
export const verdictWords = {
  approved: 'approved',
  'needs-changes': 'needs changes',
  rejected: 'rejected',
  ambiguous: 'no verdict',
  failed: 'failed',
} as const;

/** The colours of verdicts. */
export const verdictStyles = {
  approved: 'green',
  'needs-changes': 'yellow',
  rejected: 'red',
  ambiguous: 'yellow',
  failed: 'red',
} as const;
