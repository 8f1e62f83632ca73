import { expect, it } from 'vitest';
import { painter } from '../../src/ui/paint.ts';
import { diffSize, paintDiff, readDiff } from '../../src/ui/diff.ts';

const diff = `diff --git a/notes.sql b/notes.sql
index 040732e..cd3e263 100644
--- a/notes.sql
+++ b/notes.sql
@@ -1,3 +1,3 @@
--- a comment of SQL
+++ and two pluses
 select 1;
diff --git a/new b/new
new file mode 100644
--- /dev/null
+++ b/new
@@ -0,0 +1 @@
+one`.split('\n');

it('takes a deleted comment of SQL for a deleted line, and a file’s head for none', () => {
  const lines = readDiff(diff);
  const file = ['file', 'file', 'file', 'file', 'hunk'];
  expect(lines.map(({ kind }) => kind)).toEqual([...file, 'deleted', 'added', 'same', ...file, 'added']);
  expect(lines.map(({ text }) => text)).toEqual(diff);
  expect(diffSize(lines)).toEqual({ files: 2, added: 2, deleted: 1 });
});

it('has a colour for each kind but for what is the same', () => {
  const paint = painter(true);
  expect(paintDiff('deleted', '-a', paint)).toBe('\u001b[31m-a\u001b[39m');
  expect(paintDiff('same', ' a', paint)).toBe(' a');
});
