import { describe, expect, test } from 'vitest';
import { schema } from '../../src/commands/schema.ts';
import { testIo } from './temporary.ts';

async function printed(options: Parameters<typeof schema>[0]): Promise<{ title: string }> {
  const { io, printed } = testIo('/');
  expect(await schema(options, io)).toBe(0);
  return JSON.parse(printed.stdout) as { title: string };
}

describe('oompa schema', () => {
  test('prints the schema of the config when nothing is named', async () => {
    const config = await printed({});
    expect(config.title).toBe('oompa.config.yaml');
    expect(await printed({ what: 'config' })).toEqual(config);
  });

  test('prints the schema of the events, with the version of their format', async () => {
    expect((await printed({ what: 'events' })).title).toMatch(/events\.jsonl.*version 1 of the format/);
  });

  test('prints the schema of the notices', async () => {
    expect(JSON.stringify(await printed({ what: 'notices' }))).toContain('budget');
  });
});
