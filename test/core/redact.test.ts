import { describe, expect, it } from 'vitest';
import { redactor, secretValues } from '../../src/core/redact.ts';

const clean = redactor([]);

describe('secrets by value', () => {
  it('are those of variables whose names speak of one, when they are long enough to be one', () => {
    const env = { MY_API_KEY: 'hunter2-hunter2', DB_PASSWORD: 'short', HOME: '/home/somebody', X_TOKEN: undefined };
    expect(secretValues(env)).toEqual(['hunter2-hunter2']);
    expect(secretValues({ SSH_KEY_PATH: '/home/somebody/.ssh/id', TOKEN_FILE: '/run/secrets/x' })).toEqual([]);
  });

  it('are taken out wherever they stand, and as JSON writes them', () => {
    const secret = 'a"b\\c.d*e\nf';
    const text = `${secret} and ${JSON.stringify({ secret })}`;
    expect(redactor([secret])(text)).toBe('[redacted] and {"secret":"[redacted]"}');
  });

  it('leave nothing of the longer one when one begins as the other', () => {
    expect(redactor(['password', 'password-and-more'])('password-and-more')).toBe('[redacted]');
  });
});

describe('secrets by shape', () => {
  it.each([
    ['an OpenAI or Anthropic key', 'sk-ant-api03-abcdefghijklmnop'],
    ['a GitHub token', `ghp_${'a1'.repeat(18)}`],
    ['a fine-grained GitHub token', `github_pat_${'a1'.repeat(15)}`],
    ['an AWS key id', `AKIA${'ABCD'.repeat(4)}`],
    ['a Google key', `AIza${'b'.repeat(35)}`],
    ['a Slack token', 'xoxb-1234567890-abc'],
    ['a JSON web token', 'eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl'],
  ])('%s', (_what, secret) => {
    expect(clean(`key=${secret}, and on`)).toBe('key=[redacted], and on');
    expect(clean(JSON.stringify({ secret }))).toBe('{"secret":"[redacted]"}');
  });

  it('keep the words around them', () => {
    expect(clean('authorization: Bearer abcdefghijklmnopqrst==')).toBe('authorization: Bearer [redacted]');
    expect(clean('git clone https://me:hunter2@example.org/x')).toBe('git clone https://me:[redacted]@example.org/x');
  });

  it('private keys go whole, over lines and inside JSON, and also when they are cut off', () => {
    const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----';
    expect(clean(`a ${key} b`)).toBe('a [redacted] b');
    expect(clean(JSON.stringify({ key }))).toBe('{"key":"[redacted]"}');
    expect(clean(`a ${key.slice(0, 40)}`)).toBe('a [redacted]');
  });

  it.each([
    'task-abcdefghijklmnopqrstuvwxyz',
    'Bearer of news',
    'https://example.org:80/a@b',
    'risk-free',
    '-----BEGIN',
  ])('are not seen in %s', (text) => {
    expect(clean(text)).toBe(text);
  });
});
