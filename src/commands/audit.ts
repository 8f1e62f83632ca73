import { auditOf, problemsNaming } from '../core/audit.ts';
import type { Audit } from '../core/audit.ts';
import type { AuditFacts } from '../core/audit/facts.ts';
import { acceptTaken } from '../git/guard/taken.ts';
import type { Repository } from '../git/repository.ts';
import { renderAudit } from '../ui/audit.ts';
import { noteAccepted } from './audit/accepted.ts';
import { gatherFacts, readTakenCommits } from './audit/gather.ts';
import type { ExitCode, Io } from './io.ts';
import { openWorkspace } from './workspace.ts';

/** `oompa audit`. */
export interface AuditOptions {
  readonly json?: boolean;
  /** Commits of findings, or the first digits of them: the user has looked at these, and they may stay as they are. */
  readonly accept?: readonly string[];
}

/** Proves that nothing is lost: 0 when it does, 1 when something is not proven, 2 without a workspace. Changes nothing but what is accepted. */
export async function audit({ json = false, accept = [] }: AuditOptions, io: Io): Promise<ExitCode> {
  const repository = await openWorkspace(io, { identity: false });
  if (repository === undefined) return 2;
  const facts = await gatherFacts(repository);
  const chosen = choose(auditOf(facts), facts, accept);
  if (chosen.kind === 'wrong') {
    io.stderr(`${chosen.message}\n`);
    return 2;
  }
  const accepted = await accepting(repository, facts, { commits: chosen.commits, now: io.now() });
  if (accepted.kind === 'failed') {
    io.stderr(
      `What you accept could not be written down: ${accepted.why}; nothing was lost. See what is wrong, and try again: oompa doctor\n`,
    );
    return 1;
  }
  const result = auditOf(accepted.facts);
  const isProven = result.problems.length === 0;
  io.stdout(json ? `${JSON.stringify({ proven: isProven, ...result }, undefined, 2)}\n` : renderAudit(result, io));
  return isProven ? 0 : 1;
}

type Choice =
  | { readonly kind: 'chosen'; readonly commits: readonly string[] }
  | { readonly kind: 'wrong'; readonly message: string };

/** The commits of all problems that the given ones name; each must name at least one, and only one commit. */
function choose({ problems }: Audit, { taken }: AuditFacts, accept: readonly string[]): Choice {
  const commits = new Set<string>();
  for (const given of accept.map((each) => each.toLowerCase())) {
    const named = given.length < 4 ? [] : problemsNaming(problems, given);
    const known = [...named.flatMap((each) => each.commits), ...taken.map(({ commit }) => commit)];
    const meant = [...new Set(known.filter((commit) => given.length >= 4 && commit.startsWith(given)))];
    if (meant.length === 0) {
      return { kind: 'wrong', message: `No finding is about a commit ${given}; see them with: oompa audit` };
    }
    if (meant.length > 1) {
      return {
        kind: 'wrong',
        message: `${given} may be ${meant.join(' or ')}; give more digits of it: oompa audit --accept ${meant[0] ?? given}`,
      };
    }
    for (const commit of [...meant, ...named.flatMap((each) => each.commits)]) commits.add(commit);
  }
  return { kind: 'chosen', commits: [...commits] };
}

type Accepted =
  | { readonly kind: 'written'; /** As they are from then on. */ readonly facts: AuditFacts }
  | { readonly kind: 'failed'; readonly why: string };

/** Writes down what the user accepts. */
async function accepting(
  { root }: Repository,
  facts: AuditFacts,
  { commits, now }: { readonly commits: readonly string[]; readonly now: Date },
): Promise<Accepted> {
  if (commits.length === 0) return { kind: 'written', facts };
  const taken = new Set(facts.taken.map(({ commit }) => commit));
  try {
    for (const commit of commits) {
      if (taken.has(commit)) await acceptTaken(root, commit, now);
      noteAccepted(root, { commit, at: now.toISOString() });
    }
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
  const accepted = new Set([...facts.accepted, ...commits]);
  return { kind: 'written', facts: { ...facts, taken: await readTakenCommits(root), accepted } };
}
