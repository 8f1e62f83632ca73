import { keyBegin, keyEnd, secretShapes } from './secret-shapes.ts';

/** What takes the place of a secret. */
const redacted = '[redacted]';

/** The values of variables whose names speak of a secret, of 8 characters and more; those that only name a file are none. */
export function secretValues(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && value.length >= 8 && secretName.test(name) && !placeName.test(name) ? [value] : [],
  );
}

/**
 * A function that takes secrets out of text: the given values (as they are, and as JSON and addresses write them; of
 * several lines also each long one), and whatever has the well-known shape of a key. Works on whole lines; a key block that
 * is cut off is taken out up to the end of the text.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const values = [...new Set(secrets.flatMap(spellings))]
    .filter((value) => value.trim() !== '')
    .sort((a, b) => b.length - a.length);
  const known = values.length === 0 ? undefined : new RegExp(values.map(escaped).join('|'), 'g');
  return (text) => withoutShapes(known === undefined ? text : text.replace(known, redacted));
}

/** A redactor for text that comes bit by bit, each bit made of whole lines. */
export interface StreamRedactor {
  /** Takes more text, and gives what of all text so far can be told to be clean. A key block is held back until its end. */
  push(text: string): string;
  /** The rest, at the end of the text. */
  end(): string;
}

/**
 * Lets nothing of a private key through that is split over several bits of text. A block that does not end within
 * `longestBlock` characters is taken out as far as that, and the text goes on after it.
 */
export function streamRedactor(redact: (text: string) => string, longestBlock = 64 * 1024): StreamRedactor {
  let held = '';
  return {
    push: (more) => {
      const text = held + more;
      const open = openBlock(text);
      const end = open === undefined || text.length - open > longestBlock ? text.length : open;
      held = text.slice(end);
      return end === 0 ? '' : redact(text.slice(0, end));
    },
    end: () => {
      const rest = held;
      held = '';
      return rest === '' ? '' : redact(rest);
    },
  };
}

const secretName = /KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL/i;
const placeName = /_(?:PATH|FILE|DIR|HOME|URL)$/i;

function spellings(secret: string): string[] {
  // The first and the last line of a key block must stay, for the blocks of others to be known by.
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= 20 && !line.startsWith('--'));
  return [secret, ...lines].flatMap((each) => [each, JSON.stringify(each).slice(1, -1), urlSpelling(each)]);
}

/** Half a pair of surrogates can't be spelt so. */
function urlSpelling(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    return secret;
  }
}

function withoutShapes(text: string): string {
  return secretShapes.reduce(withoutShape, mayHoldKey(text) ? text.replace(keyBlock, redacted) : text);
}

function withoutShape(text: string, shape: RegExp): string {
  // Where a shape has no group, the first argument after the match is its place.
  return text.replace(shape, (_, before: unknown) => (typeof before === 'string' ? before + redacted : redacted));
}

const keyBlock = new RegExp(`${keyBegin.source}[\\s\\S]*?(?:${keyEnd.source}|$)`, 'g');
const keyEdge = new RegExp(`(${keyBegin.source})|${keyEnd.source}`, 'g');

/** Where a key block begins that has no end yet; undefined when there is none. */
function openBlock(text: string): number | undefined {
  if (!mayHoldKey(text)) return undefined;
  let open: number | undefined;
  for (const edge of text.matchAll(keyEdge)) open = edge[1] === undefined ? undefined : (open ?? edge.index);
  return open;
}

/** Cheap, and nearly always false. */
function mayHoldKey(text: string): boolean {
  return text.includes('PRIVATE KEY');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
