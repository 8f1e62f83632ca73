/** The repository that the demo works on, before any agent: path → text. */
export const seed: Readonly<Record<string, string>> = {
  'README.md': '# Phrasebook\n\nSmall functions for words.\n',
  'package.json': `${JSON.stringify({ name: 'phrasebook', type: 'module', private: true }, null, 2)}\n`,
  'src/greetings.js': `export const greetings = { en: 'Hello' };

export function greet(name, language = 'en') {
  return \`\${greetings[language]}, \${name}!\`;
}
`,
  'test/greetings.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greet } from '../src/greetings.js';

test('greets in English when nothing else is asked', () => {
  assert.equal(greet('Ada'), 'Hello, Ada!');
});
`,
};
