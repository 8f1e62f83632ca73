import type { Paint } from './paint.ts';
import { counted, cut, displayWidth, left, oneLine, right, wrapped } from './text.ts';

/** A CLI, what it offers, and what the config takes of it. */
export interface HarnessModels {
  readonly harness: string;
  readonly offer:
    | { readonly kind: 'listed'; readonly models: readonly string[] }
    | { readonly kind: 'unlisted' }
    | { readonly kind: 'missing' }
    | { readonly kind: 'broken'; readonly detail: string };
  /** Whether the config uses it at all. */
  readonly used: boolean;
  /** The models that the config names for it; those that it does not list are among them. */
  readonly usedModels: readonly string[];
}

/** A model of the config that its CLI does not list, and the one that may be meant. */
export interface UnlistedModel {
  readonly harness: string;
  readonly model: string;
  readonly meant?: string;
}

/** All that `oompa models` knows. */
export interface Models {
  readonly harnesses: readonly HarnessModels[];
  readonly unlisted: readonly UnlistedModel[];
}

interface Style {
  readonly paint: Paint;
  readonly columns: number;
}

/** The screen of `oompa models`: for each CLI a line a provider, or with `all` a line a model. */
export function renderModels({ harnesses, unlisted }: Models, all: boolean, style: Style): string {
  const width = Math.max(0, ...harnesses.map(({ harness }) => displayWidth(harness)));
  const lines = harnesses.flatMap((each) => [headOf(each, width, style), ...offerLines(each, all, style)]);
  const warnings = unlisted.flatMap((each) => wrapped(unlistedText(each), style.columns));
  const closing = all ? [] : closingLine(harnesses);
  const marks = harnesses.some((each) => listed(each).some((model) => each.usedModels.includes(model)));
  return [
    ...lines,
    ...warnings.map((line) => style.paint('yellow', line)),
    ...(marks ? ['* = the config uses it'] : []),
    ...closing,
    '',
  ].join('\n');
}

function headOf(each: HarnessModels, width: number, { paint, columns }: Style): string {
  const { harness, offer } = each;
  const name = `${paint('bold', left(harness, width))}  `;
  const room = Math.max(30, columns - width - 2);
  const indent = ' '.repeat(width + 2);
  return `${name}${wrapped(oneLine(offerText(each, offer)), room).join(`\n${indent}`)}`;
}

function offerText({ used, usedModels }: HarnessModels, offer: HarnessModels['offer']): string {
  const named = usedModels.length === 0 ? 'its default' : usedModels.join(', ');
  const uses = used ? `; the config uses ${named}` : '';
  switch (offer.kind) {
    case 'listed':
      return counted(offer.models.length, 'model');
    case 'unlisted':
      return `can't list its models${uses}`;
    case 'missing':
      return `is not installed${uses}`;
    case 'broken':
      return offer.detail;
  }
}

function offerLines(each: HarnessModels, all: boolean, style: Style): string[] {
  const models = listed(each);
  const isUsed = (model: string) => each.usedModels.includes(model);
  if (all) return models.map((model) => `  ${isUsed(model) ? '*' : ' '} ${oneLine(model)}`);
  const providers = [...new Set(models.map(providerOf))];
  const width = Math.max(0, ...providers.map(displayWidth));
  return providers.map((provider) => {
    const own = models.filter((model) => providerOf(model) === provider);
    const sorted = [...own.filter(isUsed), ...own.filter((model) => !isUsed(model))];
    const names = sorted.map((model) => `${isUsed(model) ? '*' : ''}${oneLine(model.slice(model.indexOf('/') + 1))}`);
    const head = `  ${width === 0 ? '' : `${left(provider, width)}  `}${right(String(own.length), 4)}  `;
    return `${head}${cut(names.join(', '), Math.max(20, style.columns - displayWidth(head)))}`;
  });
}

function listed({ offer }: HarnessModels): readonly string[] {
  return offer.kind === 'listed' ? offer.models : [];
}

/** `anthropic` of `anthropic/claude-sonnet`; empty where the CLI has one provider only. */
function providerOf(model: string): string {
  return oneLine(model.slice(0, Math.max(0, model.indexOf('/'))));
}

function unlistedText({ harness, model, meant }: UnlistedModel): string {
  const guess = meant === undefined ? '' : `; did you mean \`${oneLine(meant)}\`?`;
  return `the config uses \`${oneLine(model)}\`, which ${harness} does not list${guess}`;
}

function closingLine(harnesses: readonly HarnessModels[]): string[] {
  const longest = harnesses.toSorted((a, b) => listed(b).length - listed(a).length)[0];
  return longest === undefined || listed(longest).length === 0
    ? []
    : [`All of one CLI, or some: oompa models ${longest.harness} [part of a name]`];
}
