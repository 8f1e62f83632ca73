import { Document, Scalar, visit } from 'yaml';
import type { RecordFields } from './record.ts';

/**
 * `oompa:` and its fields as block YAML, without a line break at the end; every line but the first begins with `indent`. The
 * last text never depends on what follows the block.
 */
export function renderBlock(fields: RecordFields, indent: string, eol: string): string {
  const document = new Document({ oompa: tidied(fields) });
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === 'string' && node.value.includes('\n')) node.type = Scalar.BLOCK_LITERAL;
    },
  });
  const lines = document
    .toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER })
    .trimEnd()
    .split('\n');
  return lines.map((line, index) => (index === 0 || line === '' ? line : indent + line)).join(eol);
}

/** `"oompa": {…}` as JSON: over several lines where the pair has a line of its own, indented by `indent`. */
export function renderJson(fields: RecordFields, indent: string | undefined, eol: string): string {
  const unit = indent === undefined ? undefined : indent === '' ? '  ' : indent;
  const json = JSON.stringify(tidied(fields), undefined, unit);
  return `"oompa": ${json.replaceAll('\n', `${eol}${indent ?? ''}`)}`;
}

/** Texts with plain line ends, and without white space at their end: what follows a block can then not change them. */
function tidied(fields: RecordFields): RecordFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      typeof value === 'string' ? value.replace(/\r\n?/g, '\n').trimEnd() : value,
    ]),
  );
}
