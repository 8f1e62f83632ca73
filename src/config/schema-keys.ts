import { type Path, isMap, valueAt } from './finding.ts';

/** The keys that the map at `path` may have, in the order of the JSON Schema `schema`. */
export function keysAt(schema: object, path: Path): string[] {
  const forms = path.reduce<object[]>(
    (found, step) => found.flatMap((form) => formsOf(stepInto(form, step))),
    formsOf(schema),
  );
  return forms.flatMap((form) => Object.keys(childOf(form, 'properties') ?? {}));
}

function stepInto(form: object, step: PropertyKey): object | undefined {
  if (typeof step === 'number') return childOf(form, 'items');
  const properties = childOf(form, 'properties');
  if (properties !== undefined && Object.hasOwn(properties, step)) return childOf(properties, step);
  return childOf(form, 'additionalProperties');
}

function formsOf(schema: object | undefined): object[] {
  if (schema === undefined) return [];
  const either: unknown = valueAt(schema, ['anyOf']);
  return Array.isArray(either) ? either.flatMap((form: unknown) => (isMap(form) ? formsOf(form) : [])) : [schema];
}

function childOf(schema: object, key: PropertyKey): object | undefined {
  const child = valueAt(schema, [key]);
  return isMap(child) ? child : undefined;
}
