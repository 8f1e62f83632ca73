import { stat } from 'node:fs/promises';
import { basename, dirname, resolve as resolvePath } from 'node:path';
import { simpleGit } from 'simple-git';
import { gitEnvironment } from './git.ts';

/** The git repository that oompa works in, as it was when it was opened. */
export interface Repository {
  /** Absolute path of the work tree that oompa was started in. */
  readonly root: string;
  /** Absolute path of the folder that all worktrees share (`.git`). */
  readonly commonDir: string;
  /** Work tree of the repository itself, which may be another one than `root`; undefined when it has none. */
  readonly mainCheckout: string | undefined;
  /** The branch that work lands on, without `refs/heads/`. */
  readonly branch: string;
  /** Its tip. */
  readonly head: string;
  /** As git says it: `2.39.5`. */
  readonly gitVersion: string;
  /** Who commits; undefined only when the caller can do without. */
  readonly identity: Identity | undefined;
  /** Whether the user has commits signed (`commit.gpgSign`). */
  readonly sign: boolean;
}

/** A name and an address for commits. */
export interface Identity {
  readonly name: string;
  readonly email: string;
}

/** Why a folder is no place to work in. */
export type RepositoryProblem =
  | 'no-git'
  | 'old-git'
  | 'not-a-repository'
  | 'bare'
  | 'no-commit'
  | 'detached'
  | 'no-such-branch'
  | 'no-identity'
  | 'unsupported-refs';

/** What opening gave. `message` is one line: the cause and the remedy. */
export type OpenedRepository =
  | { readonly kind: 'open'; readonly repository: Repository }
  | { readonly kind: 'problem'; readonly problem: RepositoryProblem; readonly message: string };

/** What the caller needs of a repository. */
export interface RepositoryNeeds {
  /** The branch to land on; the current one when left out. */
  readonly branch?: string;
  /** False for commands that make no commit; true when left out. */
  readonly identity?: boolean;
}

/** Looks at the repository that holds `cwd`. */
export async function openRepository(cwd: string, needs: RepositoryNeeds = {}): Promise<OpenedRepository> {
  if (!(await isFolder(cwd)))
    return problem('not-a-repository', `${cwd} is not a folder; start oompa in a git repository`);
  const ask = reader(cwd);
  const version = await ask('--version');
  const gitVersion = /\d+\.\d+(\.\d+)*/.exec(version.text)?.[0];
  if (gitVersion === undefined) return problem('no-git', 'git could not be started; install git 2.38 or newer');
  if (!isNewEnough(gitVersion)) {
    return problem('old-git', `git ${gitVersion} is too old; oompa needs git 2.38 or newer`);
  }
  const place = await placeOf(ask, cwd);
  if (place.kind === 'problem') return place;
  const tip = await tipOf(ask, needs.branch);
  if (tip.kind === 'problem') return tip;
  const identity = await identityOf(ask);
  if (identity === undefined && needs.identity !== false) {
    return problem(
      'no-identity',
      'git does not know who commits; run `git config user.name "…"` and `git config user.email …`',
    );
  }
  const sign = (await ask('config', '--type=bool', '--get', 'commit.gpgSign')).text === 'true';
  const { root, commonDir, mainCheckout } = place;
  const { branch, head } = tip;
  return { kind: 'open', repository: { root, commonDir, mainCheckout, branch, head, gitVersion, identity, sign } };
}

interface Said {
  readonly ok: boolean;
  /** Trimmed; what git complained about when it failed. */
  readonly text: string;
}
type Ask = (...args: string[]) => Promise<Said>;
type Problem = Extract<OpenedRepository, { kind: 'problem' }>;

/** These reads happen once a start, so their cost does not matter. */
function reader(cwd: string): Ask {
  const env = Object.fromEntries(Object.entries(gitEnvironment()).filter(([name]) => !programs.test(name)));
  const client = simpleGit({
    baseDir: cwd,
    allowEnvironment: Object.keys(env),
    // Where the user's own settings lie.
    unsafe: { allowUnsafeConfigPaths: true },
  }).env(env);
  return async (...args) => {
    try {
      const text = (await client.raw(args)).trim();
      // simple-git takes a command that exits 1 without a word for a success (4.0).
      return { ok: text !== '', text };
    } catch (error) {
      return { ok: false, text: error instanceof Error ? error.message.trim() : '' };
    }
  };
}

/** Variables that name a program for git to start; simple-git refuses them, and reading needs none. */
const programs = /^(EDITOR|PAGER|PREFIX|SSH_ASKPASS|GIT_EDITOR|GIT_EXEC_PATH)$/i;

async function placeOf(ask: Ask, cwd: string) {
  const bare = await ask('rev-parse', '--is-bare-repository');
  if (!bare.ok) return noRepository(cwd, bare.text);
  const root = await ask('rev-parse', '--show-toplevel');
  if (!root.ok && bare.text === 'true') {
    return problem('bare', `${cwd} is a bare repository; clone it and start oompa in the clone`);
  }
  if (!root.ok) return problem('not-a-repository', `${cwd} is inside a .git folder; start oompa in the work tree`);
  const refStorage = await ask('config', '--get', 'extensions.refStorage');
  if (refStorage.ok && refStorage.text !== 'files') {
    return problem(
      'unsupported-refs',
      `this repository keeps its refs as "${refStorage.text}"; oompa needs files: git refs migrate --ref-format=files`,
    );
  }
  const common = await ask('rev-parse', '--path-format=absolute', '--git-common-dir');
  return {
    kind: 'place',
    root: root.text,
    commonDir: common.text,
    mainCheckout: await mainCheckout(ask, common.text),
  } as const;
}

/** Where the folder's own work tree lies: beside `.git`, or where `core.worktree` says (submodules). */
async function mainCheckout(ask: Ask, commonDir: string): Promise<string | undefined> {
  const file = `${commonDir}/config`;
  const elsewhere = await ask('config', '--file', file, '--get', 'core.worktree');
  if (elsewhere.ok) return resolvePath(commonDir, elsewhere.text);
  const bare = await ask('config', '--file', file, '--type=bool', '--get', 'core.bare');
  return bare.text === 'true' || basename(commonDir) !== '.git' ? undefined : dirname(commonDir);
}

async function tipOf(ask: Ask, wanted: string | undefined) {
  const current =
    wanted === undefined ? await ask('symbolic-ref', '-q', '--short', 'HEAD') : { ok: true, text: wanted };
  const branch = current.text;
  if (!current.ok || branch === '') {
    return problem('detached', 'HEAD is detached; switch to a branch, or name one as `branch:` in oompa.config.yaml');
  }
  const tip = await ask('rev-parse', '-q', '--verify', `refs/heads/${branch}^{commit}`);
  if (tip.ok && tip.text !== '') return { kind: 'tip', branch, head: tip.text } as const;
  if ((await ask('for-each-ref', '--count=1')).text === '') {
    return problem(
      'no-commit',
      'the repository has no commit yet; make a first one: git commit --allow-empty -m Start',
    );
  }
  return problem(
    'no-such-branch',
    `there is no branch "${branch}"; make it, or change \`branch:\` in oompa.config.yaml`,
  );
}

async function identityOf(ask: Ask): Promise<Identity | undefined> {
  const said = await ask('var', 'GIT_COMMITTER_IDENT');
  const [, name, email] = said.ok ? (/^(.*) <(.*)> \d+ [-+]\d+$/.exec(said.text) ?? []) : [];
  return name === undefined || email === undefined ? undefined : { name, email };
}

/** git also refuses a folder that belongs to somebody else, and says what to do. */
function noRepository(cwd: string, said: string): Problem {
  const owner = /detected dubious ownership.*/.exec(said);
  if (owner !== null) {
    return problem('not-a-repository', `git: ${owner[0]}; see \`git help config\`, safe.directory`);
  }
  return problem('not-a-repository', `${cwd} is not in a git repository; run \`git init\` and make a first commit`);
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 38);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function problem(kind: RepositoryProblem, message: string): Problem {
  return { kind: 'problem', problem: kind, message };
}
