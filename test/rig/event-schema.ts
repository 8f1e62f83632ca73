import { join, relative } from 'node:path';
import ts from 'typescript';
import { eventFormat } from '../../src/core/event.ts';

/** A JSON Schema, or a part of one. */
type Schema = Readonly<Record<string, unknown>>;

const core = join(import.meta.dirname, '..', '..', 'src', 'core');
const file = join(core, 'event.ts');

/**
 * The JSON Schema (draft-07) of the events, made of the types and comments in src/core. It knows the kinds of type that
 * events are made of, and throws at any other: teach it that one then, or say it more simply.
 * `closed`: fields that are not described are errors, as they are for what oompa itself writes, and not for its readers.
 */
export function eventSchema(closed = false): Schema {
  const program = ts.createProgram([file], { noLib: true, types: [], allowImportingTsExtensions: true, noEmit: true });
  const checker = program.getTypeChecker();
  const definitions = new Map<string, Schema>();
  const source = program.getSourceFile(file);
  if (source === undefined) throw new Error(`${file} is not there`);

  const events = membersOf(named(source, 'EventMap')).map((event) => {
    const type = event.name.text;
    const { properties, required } = fieldsOf(event.type);
    const stamped = { type: { const: type }, at: { type: 'string', format: 'date-time' }, ...properties };
    return { title: type, ...docOf(event), ...object(stamped, ['type', 'at', ...required]) };
  });
  const about = `${docText(named(source, 'EventMap'))} ${docText(named(source, 'eventFormat'))}`;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `One line of oompa's events.jsonl, and of \`oompa swarm --json\`: version ${eventFormat} of the format`,
    description: about,
    oneOf: events,
    definitions: Object.fromEntries([...definitions].sort(([a], [b]) => (a < b ? -1 : 1))),
  };

  function schemaOf(node: ts.TypeNode): Schema {
    if (ts.isTypeOperatorNode(node) || ts.isParenthesizedTypeNode(node)) return schemaOf(node.type);
    if (ts.isArrayTypeNode(node)) return { type: 'array', items: schemaOf(node.elementType) };
    if (ts.isLiteralTypeNode(node)) return { const: literalOf(node.literal) };
    if (ts.isUnionTypeNode(node)) return unionOf(node);
    if (ts.isIndexedAccessTypeNode(node)) return schemaOf(fieldNamed(node).type);
    if (ts.isTypeReferenceNode(node)) return referenceTo(node);
    if (ts.isTypeLiteralNode(node) || ts.isIntersectionTypeNode(node)) return objectOf(node);
    const simple = keywords.get(node.kind);
    if (simple === undefined) throw new Error(`no schema for \`${node.getText()}\` in ${where(node)}`);
    return { type: simple };
  }

  /** Names that are exported become definitions: a reader's program has types of the same names. */
  function referenceTo(node: ts.TypeReferenceNode): Schema {
    const declaration = declarationOf(node);
    const name = declaration.name.text;
    if (!definitions.has(name)) {
      definitions.set(name, {});
      const schema = ts.isInterfaceDeclaration(declaration) ? objectOf(declaration) : schemaOf(declaration.type);
      definitions.set(name, { ...docOf(declaration), ...schema });
    }
    return { $ref: `#/definitions/${name}` };
  }

  function unionOf(node: ts.UnionTypeNode): Schema {
    const docs = node.types.map((each, i) => commentBetween(node, node.types[i - 1]?.end ?? node.pos, each));
    const all = node.types.map((each) => schemaOf(each));
    const plain = all.every((each) => 'const' in each) && docs.every((doc) => doc === undefined);
    if (plain) return { enum: all.map((each) => each['const']) };
    return { oneOf: all.map((each, i) => (docs[i] === undefined ? each : { description: docs[i], ...each })) };
  }

  function objectOf(node: ts.TypeNode | ts.InterfaceDeclaration): Schema {
    const { properties, required } = fieldsOf(node);
    return object(properties, required);
  }

  function object(properties: Schema, required: readonly string[]): Schema {
    return { type: 'object', properties, required, ...(closed ? { additionalProperties: false } : {}) };
  }

  function fieldsOf(node: ts.TypeNode | ts.InterfaceDeclaration): { properties: Schema; required: string[] } {
    const members = membersOf(node);
    const entries = members.map(
      (member) => [member.name.text, described(docOf(member), schemaOf(member.type))] as const,
    );
    const required = members.filter(({ questionToken }) => questionToken === undefined).map(({ name }) => name.text);
    return { properties: Object.fromEntries(entries), required };
  }

  /** The fields of an object type, those of its parts and of what it extends included, in the order of the source. */
  function membersOf(node: ts.Node): Field[] {
    if (ts.isTypeLiteralNode(node)) return node.members.map(fieldOf);
    if (ts.isIntersectionTypeNode(node)) return node.types.flatMap(membersOf);
    if (ts.isTypeReferenceNode(node)) return membersOf(declarationOf(node));
    if (ts.isTypeAliasDeclaration(node)) return membersOf(node.type);
    if (!ts.isInterfaceDeclaration(node)) throw new Error(`no fields in \`${node.getText()}\` of ${where(node)}`);
    const bases = (node.heritageClauses ?? []).flatMap(({ types }) => types);
    return [...node.members.map(fieldOf), ...bases.flatMap(({ expression }) => membersOf(declarationOf(expression)))];
  }

  function fieldNamed(node: ts.IndexedAccessTypeNode): Field {
    const name = ts.isLiteralTypeNode(node.indexType) ? literalOf(node.indexType.literal) : undefined;
    const found = membersOf(node.objectType).find((member) => member.name.text === name);
    if (found === undefined) throw new Error(`no such field: \`${node.getText()}\` in ${where(node)}`);
    return found;
  }

  function declarationOf(
    node: ts.TypeReferenceNode | ts.Expression,
  ): ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
    let symbol = checker.getSymbolAtLocation(ts.isTypeReferenceNode(node) ? node.typeName : node);
    if (symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
    const declaration = symbol?.declarations?.[0];
    if (declaration !== undefined && (ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration)))
      return declaration;
    throw new Error(`no type of src/core: \`${node.getText()}\` in ${where(node)}`);
  }
}

/** A property as events have them: a plain name and a type. */
type Field = ts.PropertySignature & {
  readonly name: ts.Identifier | ts.StringLiteral;
  readonly type: ts.TypeNode;
};

const keywords: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.StringKeyword, 'string'],
  [ts.SyntaxKind.NumberKeyword, 'number'],
  [ts.SyntaxKind.BooleanKeyword, 'boolean'],
]);

function fieldOf(member: ts.TypeElement): Field {
  if (ts.isPropertySignature(member) && member.type !== undefined && !ts.isComputedPropertyName(member.name))
    return member as Field;
  throw new Error(`no plain field: \`${member.getText()}\` in ${where(member)}`);
}

function literalOf(node: ts.LiteralTypeNode['literal']): string | number | boolean {
  if (ts.isStringLiteral(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  throw new Error(`no plain value: \`${node.getText()}\` in ${where(node)}`);
}

/** In draft-07 nothing counts beside a `$ref`. */
function described(doc: { description?: string }, schema: Schema): Schema {
  if (doc.description === undefined) return schema;
  return '$ref' in schema ? { ...doc, allOf: [schema] } : { ...doc, ...schema };
}

function named(source: ts.SourceFile, name: string): ts.Node {
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name) return statement;
    const [variable] = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [];
    if (variable?.name.getText() === name) return statement;
  }
  throw new Error(`${where(source)} has no ${name}`);
}

function docOf(node: ts.Node): { description?: string } {
  const description = docText(node);
  return description === '' ? {} : { description };
}

function docText(node: ts.Node): string {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return oneParagraph(ts.getTextOfJSDocComment(docs.at(-1)?.comment) ?? '');
}

/** The comment before a member of a union stands before its `|`, where the parser gives it to nobody. */
function commentBetween(union: ts.Node, from: number, member: ts.Node): string | undefined {
  const text = union.getSourceFile().text.slice(from, member.getStart());
  const comment = /\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
  return comment === undefined ? undefined : oneParagraph(comment.replace(/^\s*\*/gm, ''));
}

function oneParagraph(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function where(node: ts.Node): string {
  return relative(core, node.getSourceFile().fileName);
}
