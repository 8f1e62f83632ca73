/** The names of the variables that `text` wants filled in, written `${NAME}`; each once. */
export function variablesIn(text: string): string[] {
  return [...new Set([...text.matchAll(variable)].map(([, name = '']) => name))];
}

/** `text` with its variables filled in; those that are not set leave nothing behind. */
export function filledIn(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(variable, (_, name: string) => env[name] ?? '');
}

const variable = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
