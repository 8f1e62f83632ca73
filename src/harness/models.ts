import type { Answer, Patience, Question } from './probe.ts';
import { askCli, linesOf } from './probe.ts';

/** What a CLI says of its models. */
export type ModelList =
  /** In the words that its option for the model takes, in its own order. */
  | { readonly kind: 'listed'; readonly models: readonly string[] }
  /** It has no command for that. */
  | { readonly kind: 'unlisted' }
  /** `detail` is one line: what went wrong. */
  | { readonly kind: 'broken'; readonly detail: string };

/** How a CLI is asked for its models, and how its answer is read; undefined when it is no answer. */
interface Lister {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  read(stdout: string): string[] | undefined;
}

/** Asks the CLI of that name for its models. Costs no model call; what a CLI does not list, it may know all the same. */
export async function listModels(
  harness: string,
  where: Omit<Question, 'args'>,
  patience: Patience,
): Promise<ModelList> {
  const lister = Object.hasOwn(listers, harness) ? listers[harness] : undefined;
  if (lister === undefined) return { kind: 'unlisted' };
  const question = { ...where, args: lister.args, env: { ...lister.env, ...where.env } };
  const answer = await askCli(question, { ...patience, maxBytes });
  const models = answer.timedOut || answer.exitCode !== 0 ? undefined : lister.read(answer.stdout);
  if (models !== undefined) return { kind: 'listed', models };
  return { kind: 'broken', detail: `${[harness, ...lister.args].join(' ')} ${reasonOf(answer, patience)}` };
}

/** codex 0.169.0 prints 0.7 MB, with the instructions for each model. */
const maxBytes = 16_000_000;

function reasonOf({ timedOut, exitCode, stderr }: Answer, { limitMs }: Patience): string {
  if (timedOut) return `did not answer within ${limitMs / 1000} s`;
  const said = linesOf(stderr).at(-1);
  if (exitCode === 0) return 'gave an answer that this version does not understand';
  return `failed: ${said ?? 'it says nothing'}`;
}

/** Seen: opencode 1.18.33, codex 0.169.0. claude 2.1.329 and gemini 0.61.0 show their models only on their own screens. */
const listers: Readonly<Record<string, Lister>> = {
  opencode: {
    args: ['models'],
    env: { OPENCODE_DISABLE_AUTOUPDATE: '1' },
    read: (stdout) => linesOf(stdout).filter((line) => /^[^\s/]+\/\S+$/.test(line)),
  },
  codex: { args: ['debug', 'models'], env: {}, read: slugsIn },
};

/** `{"models": [{"slug": "gpt-6", "visibility": "list"}]}`; what is hidden there is hidden from its users as well. */
function slugsIn(stdout: string): string[] | undefined {
  const models = objectsIn(stdout);
  return models?.flatMap(({ slug, visibility }) =>
    typeof slug === 'string' && (visibility === undefined || visibility === 'list') ? [slug] : [],
  );
}

function objectsIn(stdout: string): { readonly slug?: unknown; readonly visibility?: unknown }[] | undefined {
  try {
    const { models } = JSON.parse(stdout) as { readonly models?: unknown };
    return Array.isArray(models)
      ? models.filter((model: unknown) => typeof model === 'object' && model !== null)
      : undefined;
  } catch {
    return undefined;
  }
}
