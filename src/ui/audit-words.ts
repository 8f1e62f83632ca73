import type { IterationName } from '../core/audit/facts.ts';
import type { Note, Problem } from '../core/audit/finding.ts';
import { unreachable } from '../core/unreachable.ts';
import { counted, shortCommit, someOf, times } from './text.ts';

/** What is the matter, in one line, and how to go on: commands, a line each. */
export interface Words {
  readonly text: string;
  readonly next?: readonly string[];
}

/** A problem in words. */
export function problemWords(problem: Problem): Words {
  const commit = problem.commits.at(-1) ?? '';
  const short = shortCommit(commit);
  switch (problem.kind) {
    case 'work-lost':
      return {
        text: `${problem.of.task}: ${counted(problem.commits.length, 'commit')} of ${nameOf(problem.of)}, up to ${short}, ${problem.present ? 'on no ref' : 'gone from git'}`,
        next: problem.present
          ? [`keep it: git update-ref ${problem.ref} ${short}`, accept('let it go', short)]
          : [`bring it back from a clone: git fetch <clone> ${commit}`, accept('let it go', short)],
      };
    case 'landing-gone':
      return {
        text: `${problem.task}: its landing ${short} is ${problem.present ? `not on ${problem.branch} any more` : 'gone from git'}`,
        next: [
          problem.present
            ? `bring it back: git switch ${problem.branch} && git merge ${short}`
            : `bring it back from a clone: git fetch <clone> ${commit}`,
          accept('it may stay out', short),
        ],
      };
    case 'landed-twice':
      return {
        text: `${problem.task} has landed ${times(problem.commits.length)} for claim ${problem.claim || 'unknown'}: ${shorts(problem.commits)}`,
        next: [`look: git show ${problem.commits.map(shortCommit).join(' ')}`, accept('fine so', short)],
      };
    case 'taken':
      return problem.how === 'added'
        ? {
            text: `${problem.by} put ${short} on ${problem.branch} itself, in run ${problem.run}`,
            next: [`look: git show ${short}`, accept('it may stay', short)],
          }
        : {
            text: `${problem.by} took ${short} out of ${problem.branch}, in run ${problem.run}`,
            next: [
              `bring it back: git switch ${problem.branch} && git merge ${short}`,
              accept('it may stay out', short),
            ],
          };
    case 'work-on-main':
      return {
        text: `${problem.of.task}: ${short} of ${nameOf(problem.of)} is itself on ${problem.branch}, by no landing`,
        next: [`look: git show ${short}`, accept('if you merged it yourself', short)],
      };
    case 'landing-unrecorded':
      return {
        text: `${short} on ${problem.branch} says that it landed ${problem.task} in run ${problem.run}, whose log knows nothing of it`,
        next: [`look: git show ${short}`, accept('it may stay', short)],
      };
    case 'task-doubled':
      return {
        text: `${problem.task} has ${String(problem.paths.length)} files: ${problem.paths.join(', ')}`,
        next: [`compare them and remove all but one: diff ${problem.paths.slice(0, 2).join(' ')}`],
      };
    case 'completion-unproven':
      return completionWords(problem);
    case 'objects-missing':
      return {
        text: `${counted(problem.objects.length, 'object')} that refs lead to ${problem.objects.length === 1 ? 'is' : 'are'} missing: ${someOf(problem.objects, 3)}`,
        next: ['see all: git fsck --connectivity-only', 'bring them back from a clone: git fetch <clone>'],
      };
    case 'git-trouble':
      return { text: problem.detail, next: ['see: git fsck'] };
    default:
      return unreachable(problem);
  }
}

function completionWords({ task, path, commits, why }: Problem & { kind: 'completion-unproven' }): Words {
  const short = shortCommit(commits[0] ?? '');
  const again = [`see: oompa tasks show ${task}`, `do it again: mv ${path} tasks/pending/`];
  switch (why) {
    case 'no-commit':
      return { text: `${task} is complete, and names no landing`, next: again };
    case 'not-on-main':
      return {
        text: `${task} is complete, and its landing ${short} is not on main`,
        next: [...again, accept('fine so', short)],
      };
    case 'not-its-landing':
      return {
        text: `${task} is complete, and ${short} is no landing of it`,
        next: [...again, accept('fine so', short)],
      };
    case 'unreadable':
      return { text: `${task} is complete, and ${path} can't be read`, next: ['see: oompa tasks lint'] };
    default:
      return unreachable(why);
  }
}

/** A note in words. */
export function noteWords(note: Note): Words {
  switch (note.kind) {
    case 'live':
      return { text: `${counted(note.runs.length, 'run')} live, not judged to the end: ${someOf(note.runs, 3)}` };
    case 'left-on-branches':
      return {
        text: `${counted(note.count, 'commit')} on branches of runs that are gone, on no rescue ref yet`,
        next: ['oompa doctor --fix'],
      };
    case 'squashed-and-gone':
      return { text: `${counted(note.count, 'squashed commit')} gone from git; their landings are on main` };
    case 'accepted':
      return { text: `accepted by you: ${shorts(note.commits)}` };
    case 'by-hand':
      return { text: `completed by hand: ${someOf(note.tasks, 5)}` };
    case 'unreadable':
      return {
        text: `${note.path}:${String(note.line)}:${String(note.column)} can't be read: ${note.message}`,
        next: ['oompa tasks lint'],
      };
    case 'task-gone':
      return { text: `claimed once, not landed, and without a file now: ${someOf(note.tasks, 5)}` };
    case 'landed-in-current':
      return { text: `landed, and still in tasks/current: ${someOf(note.tasks, 5)}`, next: ['oompa doctor --fix'] };
    case 'landed-again':
      return { text: `${note.task} has landed by several claims: ${shorts(note.commits)}` };
    case 'foreign-landings':
      return { text: `${counted(note.count, 'landing')} of runs that have no log here` };
    case 'without-log':
      return { text: `without a log, so nothing of it can be checked: ${someOf(note.runs, 3)}` };
    case 'stale-fences':
      return { text: `claim refs without a claim: ${someOf(note.tasks, 5)}`, next: ['oompa doctor --fix'] };
    case 'branch-gone':
      return { text: `the branch ${note.branch} is gone; what landed there is looked for on other refs` };
    default:
      return unreachable(note);
  }
}

function nameOf({ run, worker, iteration }: IterationName): string {
  return `${worker}, iteration ${String(iteration)} of run ${run}`;
}

function shorts(commits: readonly string[]): string {
  return someOf(commits.map(shortCommit), 5);
}

function accept(when: string, commit: string): string {
  return `${when}: oompa audit --accept ${commit}`;
}
