/** What an agent may say about itself, on a line of its own in its last message. */
export type Signal =
  | { readonly kind: 'ready' }
  | { readonly kind: 'needs-followup'; readonly why: string }
  | { readonly kind: 'needs-input'; readonly question: string }
  | { readonly kind: 'done' };

/** What a reviewer may decide. `ambiguous` is never an approval. */
export type Verdict =
  | { readonly kind: 'approved' }
  | { readonly kind: 'needs-changes' }
  | { readonly kind: 'rejected' }
  | { readonly kind: 'ambiguous'; readonly why: string };

/**
 * The signal in an agent's last message, or undefined when it gave none.
 * A signal counts only on a line of its own, outside code fences and quotes; the last one wins.
 */
export function readSignal(message: string): Signal | undefined {
  for (const line of [...spokenLines(message)].reverse()) {
    const signal = signalOf(line);
    if (signal !== undefined) return signal;
  }
  return undefined;
}

/**
 * The verdict in a reviewer's final message: its last line that is exactly a verdict.
 * An approval that another verdict in the same message contradicts is ambiguous, as is anything else.
 */
export function readVerdict(message: string): Verdict {
  const said = spokenLines(message).flatMap((line) => verdictWords.filter(({ text }) => line === text));
  const last = said.at(-1);
  if (last === undefined) {
    return { kind: 'ambiguous', why: message.trim() === '' ? 'it said nothing' : 'it gave no verdict line' };
  }
  if (last.kind === 'approved' && said.some(({ kind }) => kind !== 'approved')) {
    return { kind: 'ambiguous', why: 'it approved and objected in one message' };
  }
  return { kind: last.kind };
}

const verdictWords = [
  { text: 'VERDICT: APPROVED', kind: 'approved' },
  { text: 'VERDICT: NEEDS_CHANGES', kind: 'needs-changes' },
  { text: 'VERDICT: REJECTED', kind: 'rejected' },
] as const;

function signalOf(line: string): Signal | undefined {
  if (line === 'COMPLETE_AND_READY_FOR_MERGE') return { kind: 'ready' };
  if (line === '__DONE__') return { kind: 'done' };
  const [, word, rest] = /^(NEEDS_FOLLOWUP|NEEDS_INPUT):\s*(.+)$/.exec(line) ?? [];
  if (word === 'NEEDS_FOLLOWUP' && rest !== undefined) return { kind: 'needs-followup', why: rest };
  if (word === 'NEEDS_INPUT' && rest !== undefined) return { kind: 'needs-input', question: rest };
  return undefined;
}

/** The lines that an agent says itself: fenced code and quoted lines are somebody else's words. */
function spokenLines(message: string): string[] {
  const spoken: string[] = [];
  let fence: string | undefined;
  for (const raw of message.split(/\r?\n/)) {
    const line = raw.trim();
    const [mark] = /^(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence !== undefined) {
      if (mark !== undefined && mark.startsWith(fence) && line === mark) fence = undefined;
    } else if (mark !== undefined) {
      fence = mark;
    } else if (line !== '' && !line.startsWith('>')) {
      spoken.push(line);
    }
  }
  return spoken;
}
