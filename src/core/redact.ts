/** What takes the place of a secret. */
const redacted = '[redacted]';

/** The values of variables whose names speak of a secret, of 8 characters and more; those that only name a file are none. */
export function secretValues(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && value.length >= 8 && secretName.test(name) && !placeName.test(name) ? [value] : [],
  );
}

/**
 * A function that takes secrets out of text: the given values (as they are, and as JSON writes them), and whatever has the
 * well-known shape of a key. Works on whole lines; a key block that is cut off is taken out up to the end of the text.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const values = [...new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))]
    .filter((value) => value.trim() !== '')
    .sort((a, b) => b.length - a.length);
  const known = values.length === 0 ? undefined : new RegExp(values.map(escaped).join('|'), 'g');
  return (text) => withoutShapes(known === undefined ? text : text.replace(known, redacted));
}

const secretName = /KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL/i;
const placeName = /_(?:PATH|FILE|DIR|HOME|URL)$/i;

function withoutShapes(text: string): string {
  return text
    .replace(keyBlock, redacted)
    .replace(keyShape, redacted)
    .replace(bearer, `$1${redacted}`)
    .replace(urlPassword, `$1${redacted}@`);
}

const keyBlock = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g;

/** OpenAI, Anthropic and Stripe; GitHub; GitLab; Slack; AWS; Google; npm; JSON web tokens. */
const keyShape = new RegExp(
  [
    'sk-[A-Za-z0-9_-]{16,}',
    'sk_live_[A-Za-z0-9]{16,}',
    'gh[opusr]_[A-Za-z0-9]{20,}',
    'github_pat_[A-Za-z0-9_]{20,}',
    'glpat-[A-Za-z0-9_-]{20,}',
    'xox[abeprs]-[A-Za-z0-9-]{10,}',
    '(?:AKIA|ASIA)[0-9A-Z]{16}',
    'AIza[0-9A-Za-z_-]{35}',
    'npm_[A-Za-z0-9]{36}',
    'eyJ[A-Za-z0-9_-]{8,}\\.eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}',
  ]
    .map((shape) => `\\b${shape}`)
    .join('|'),
  'g',
);

const bearer = /\b(Bearer\s+)[A-Za-z0-9._~+/-]{16,}=*/gi;
const urlPassword = /\b([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@"']{1,200}:)[^\s/@"']{1,500}@/gi;

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
