import { type Document, type YAMLParseError, isAlias, parseDocument, visit } from 'yaml';
import { type Diagnostic, placeAt } from '../core/diagnostic.ts';
import { tooDeepAt } from '../system/yaml-depth.ts';

/** What came of reading the config as YAML. `problems` beside data are about keys that are written twice. */
export type Parsed =
  | {
      readonly kind: 'data';
      readonly document: Document.Parsed;
      readonly data: unknown;
      readonly problems: readonly Diagnostic[];
    }
  | { readonly kind: 'problems'; readonly problems: readonly Diagnostic[] };

/** Reads YAML 1.2 with anchors, aliases and `<<` merges. `file` is the name to show. */
export function parseYaml(text: string, file: string): Parsed {
  const deep = tooDeepAt(text);
  if (deep !== undefined) {
    const place = placeAt(text, deep, deep + 1);
    return { kind: 'problems', problems: [{ file, place, message: 'lists and maps are nested too deeply here' }] };
  }
  const document = parseDocument(text, { prettyErrors: false, merge: true, stringKeys: true, logLevel: 'error' });
  const faults: Fault[] = [...document.errors, ...document.warnings];
  const problems = [
    ...onePerLine(faults.map((fault) => faultProblem(fault, text, file))),
    ...lostAliases(document, text, file),
  ];
  if (problems.length > 0 && !faults.every(({ code }) => code === 'DUPLICATE_KEY'))
    return { kind: 'problems', problems };
  try {
    return { kind: 'data', document, data: document.toJS(), problems };
  } catch {
    const message = 'its aliases go in a circle, or there are too many';
    return { kind: 'problems', problems: problems.length > 0 ? problems : [{ file, message }] };
  }
}

type Fault = Pick<YAMLParseError, 'code' | 'pos' | 'message'>;

function faultProblem(fault: Fault, text: string, file: string): Diagnostic {
  const [start] = fault.pos;
  const [word] = /^[^\s:]+/.exec(text.slice(start)) ?? [''];
  const end = Math.max(fault.pos[1], start + word.length);
  return { file, place: placeAt(text, start, end), ...plainWords(fault, word) };
}

function plainWords({ code, message }: Fault, word: string): { message: string; hint?: string } {
  return commonFaults[code]?.(word) ?? { message: message.slice(0, 1).toLowerCase() + message.slice(1) };
}

const misfit = () => ({
  message: 'this does not fit the key before it',
  hint: 'text that holds `: ` needs quotes; or mind the indentation',
});

/** The common faults in plain words (codes as of yaml 2.9); the rest stay in the parser's own. */
const commonFaults: Partial<Record<Fault['code'], (word: string) => { message: string; hint: string }>> = {
  TAB_AS_INDENT: () => ({ message: 'a tab cannot begin a line of YAML', hint: 'indent with spaces' }),
  DUPLICATE_KEY: (word) => ({ message: `the key \`${word}\` is written twice`, hint: 'keep one of them' }),
  MULTIPLE_DOCS: () => ({ message: 'a second document begins here', hint: 'remove the `---`' }),
  BAD_SCALAR_START: (word) => ({ message: `text cannot begin with ${word.slice(0, 1)}`, hint: 'put it in quotes' }),
  BLOCK_AS_IMPLICIT_KEY: misfit,
  MULTILINE_IMPLICIT_KEY: misfit,
  NON_STRING_KEY: () => ({ message: 'a list or map cannot be a key', hint: 'use plain text' }),
  TAG_RESOLVE_FAILED: (word) => ({ message: `unknown tag ${word}`, hint: 'remove it, or put the value in quotes' }),
};

/** One slip often upsets the parser several times; the first complaint about a line is the useful one. */
function onePerLine(problems: readonly Diagnostic[]): Diagnostic[] {
  return problems.filter(
    ({ place }, index) => problems.findIndex((other) => other.place?.line === place?.line) === index,
  );
}

function lostAliases(document: Document.Parsed, text: string, file: string): Diagnostic[] {
  const problems: Diagnostic[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      if (!isAlias(alias) || alias.resolve(document) !== undefined) return;
      const [start, end] = alias.range ?? [0, 0];
      problems.push({
        file,
        place: placeAt(text, start, end),
        message: `nothing is marked \`&${alias.source}\` above this`,
      });
    },
  });
  return problems;
}
