/** One turn of a builder: the files that it writes, and its last words. */
export interface Scene {
  readonly files: Readonly<Record<string, string>>;
  readonly says: string;
}

/** One task of the demo. */
export interface Chapter {
  readonly title: string;
  readonly first: Scene;
  /** After an objection, or a check that failed. */
  readonly fix?: Scene;
  /** When main holds the other language by then. */
  readonly conflict?: Scene;
  /** What the reviewer says in round 1, if it objects. */
  readonly objection?: string;
  readonly praise: string;
}

/** The task that the planner proposes. */
export const plannedTask = {
  id: 'count-words',
  text: `title: Count the words of a text
description: |
  A function \`countWords(text)\`: how many words there are between blanks.
acceptance:
  - countWords('') gives 0
files: [src/count-words.js, test/count-words.test.js]
priority: 3
`,
};

/** All tasks of the demo: those under tasks/pending/ and the planner's. */
export const chapters: readonly Chapter[] = [
  language('Greet in French', 'fr', 'Bonjour'),
  language('Greet in Spanish', 'es', 'Hola'),
  {
    title: 'Truncate long texts',
    first: {
      files: {
        'src/truncate.js': 'export function truncate(text, length) {\n  return text.slice(0, length);\n}\n',
        'test/truncate.test.js': testFile('truncate', ["assert.equal(truncate('a long title', 6), 'a long');"]),
      },
      says: 'truncate() cuts what is too long.',
    },
    objection:
      'A longer text has to end with "…": `truncate` in src/truncate.js just cuts it, and the test asserts that. Return `text.slice(0, length - 1)` and the sign.',
    fix: {
      files: {
        'src/truncate.js':
          'export function truncate(text, length) {\n  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;\n}\n',
        'test/truncate.test.js': testFile('truncate', [
          "assert.equal(truncate('a long title', 6), 'a lon…');",
          "assert.equal(truncate('short', 6), 'short');",
        ]),
      },
      says: 'A longer text ends with the sign now, and both cases are tested.',
    },
    praise: 'Both acceptance points hold, and each has an assertion that would fail without it.',
  },
  {
    title: 'Make slugs of titles',
    first: {
      files: {
        'src/slugify.js':
          "export function slugify(title) {\n  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-');\n}\n",
        'test/slugify.test.js': testFile('slugify', ["assert.equal(slugify('Hello, World!'), 'hello-world');"]),
      },
      says: 'slugify() is there, with a test. I did not run it.',
    },
    fix: {
      files: {
        'src/slugify.js':
          "export function slugify(title) {\n  return title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');\n}\n",
      },
      says: 'The dash at the end is gone, and the test passes.',
    },
    praise: 'It does what the task asks; the test pins the example of the acceptance.',
  },
  {
    title: 'Say in the README how to use it',
    first: {
      files: {
        'README.md':
          "# Phrasebook\n\nSmall functions for words.\n\n```js\nslugify('Hello, World!'); // 'hello-world'\ntruncate('a long title', 6); // 'a lon…'\n```\n",
      },
      says: 'The README shows both functions with their results.',
    },
    praise: 'The README shows both functions, and the results are those of the tests.',
  },
  {
    title: 'Count the words of a text',
    first: {
      files: {
        'src/count-words.js':
          'export function countWords(text) {\n  return text.split(/\\s+/).filter(Boolean).length;\n}\n',
        'test/count-words.test.js': testFile(
          'countWords',
          ["assert.equal(countWords(''), 0);", "assert.equal(countWords(' two words '), 2);"],
          'count-words',
        ),
      },
      says: 'countWords() is there, with a test.',
    },
    praise: 'The empty text and blanks at both ends are tested.',
  },
];

/** Both languages change one line, so the second one to land has to resolve a conflict. */
function language(title: string, code: string, word: string): Chapter {
  const test = {
    [`test/greet-${code}.test.js`]: testFile(
      'greet',
      [`assert.equal(greet('Ada', '${code}'), '${word}, Ada!');`],
      'greetings',
      title,
    ),
  };
  return {
    title,
    first: {
      files: { 'src/greetings.js': greetings(`${code}: '${word}'`), ...test },
      says: `greet() knows ${code} now.`,
    },
    conflict: {
      files: { 'src/greetings.js': greetings("fr: 'Bonjour', es: 'Hola'"), ...test },
      says: 'Both languages stay: I kept the one from main and added mine beside it.',
    },
    praise: 'The new language is there and tested, and no other one is lost.',
  };
}

function greetings(more: string): string {
  return `export const greetings = { en: 'Hello', ${more} };

export function greet(name, language = 'en') {
  return \`\${greetings[language]}, \${name}!\`;
}
`;
}

function testFile(
  name: string,
  assertions: readonly string[],
  file = name,
  title = `${name} keeps its promise`,
): string {
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ${name} } from '../src/${file}.js';

test('${title}', () => {
  ${assertions.join('\n  ')}
});
`;
}
