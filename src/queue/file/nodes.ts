import type { Document, ParsedNode } from 'yaml';
import { isAlias, isScalar } from 'yaml';

/** Notes a problem at an offset into the text that is being read. */
export type Complain = (offset: number, message: string) => void;

/** The node that stands at a place: aliases are followed, unless they lead nowhere. */
export function resolved(document: Document.Parsed, node: unknown): unknown {
  return isAlias(node) ? (node.resolve(document) ?? node) : node;
}

/** Whether nothing was written there. */
export function isNothing(node: unknown): boolean {
  return node === undefined || node === null || (isScalar(node) && node.value === null);
}

/** The text of a scalar as it was written, numbers too; undefined for everything else. */
export function textOf(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  if (typeof node.value === 'string') return node.value;
  return node.source ?? JSON.stringify(node.value);
}

/** Offset of a node into its document; 0 for nothing. */
export function startOf(node: unknown): number {
  return (node as ParsedNode | null | undefined)?.range[0] ?? 0;
}
