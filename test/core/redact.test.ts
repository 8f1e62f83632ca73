import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactor, secretValues, streamRedactor } from '../../src/core/redact.ts';

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

  it('are taken out as addresses spell them', () => {
    expect(redactor(['a b/c+d&e=f'])('https://example.org?q=a%20b%2Fc%2Bd%26e%3Df.')).toBe(
      'https://example.org?q=[redacted].',
    );
  });

  it('of several lines are taken out line by line, too: text may come in parts', () => {
    const clean = redactor([`first-line-of-a-secret-value\nshort\nsecond-line-of-a-secret-value`]);
    expect(clean('x second-line-of-a-secret-value y short')).toBe('x [redacted] y short');
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
    ['a key of xAI', `xai-${'aB1'.repeat(27)}`],
    ['a key of Groq', `gsk_${'aB1'.repeat(17)}`],
    ['a Hugging Face token', `hf_${'aBcD'.repeat(9)}`],
    ['a GitLab runner token', `glrt-${'aB1_'.repeat(5)}`],
    ['an npm token', `npm_${'aB1'.repeat(12)}`],
    ['a PyPI token', `pypi-AgE${'aB1_'.repeat(20)}`],
    ['a Docker token', `dckr_pat_${'aB1'.repeat(9)}`],
    ['a Google client secret', `GOCSPX-${'aB1-'.repeat(7)}`],
    ['a Google access token', `ya29.${'aB1-'.repeat(10)}`],
    ['a Vault token', `hvs.${'aB1_'.repeat(10)}`],
    ['a DigitalOcean token', `dop_v1_${'0123456789abcdef'.repeat(4)}`],
    ['a restricted Stripe key', `rk_live_${'aB1'.repeat(8)}`],
    ['a webhook secret', `whsec_${'aB1/'.repeat(8)}`],
    ['a SendGrid key', `SG.${'aB1_'.repeat(5)}.${'aB1_'.repeat(10)}`],
    ['a Telegram bot token', `123456789:AA${'aB1'.repeat(11)}`],
    ['a Discord bot token', `MT${'aB1'.repeat(8)}.aBc_12.${'aB1'.repeat(9)}`],
    ['a Slack app token', `xapp-1-A0${'AB1'.repeat(6)}-12345-abc`],
    ['a Linear key', `lin_api_${'aB1'.repeat(13)}`],
    ['an age identity', `AGE-SECRET-KEY-1${'QPZ'.repeat(19)}Q`],
  ])('%s', (_what, secret) => {
    expect(clean(`key=${secret}, and on`)).toBe('key=[redacted], and on');
    expect(clean(JSON.stringify({ secret }))).toBe('{"secret":"[redacted]"}');
    expect(clean(JSON.stringify({ output: `a\n${secret}\n` }))).toBe('{"output":"a\\n[redacted]\\n"}');
    expect(clean(`\u001b[32m${secret}\u001b[0m`)).toBe('\u001b[32m[redacted]\u001b[0m');
  });

  it.each([
    ['authorization: Bearer abcdefghijklmnopqrst==', 'authorization: Bearer [redacted]'],
    ['Authorization: Basic bWU6aHVudGVyMg==', 'Authorization: Basic [redacted]'],
    ['"x-api-key": "0123456789abcdef"', '"x-api-key": "[redacted]"'],
    ['git clone https://me:hunter2@example.org/x', 'git clone https://me:[redacted]@example.org/x'],
    ['GET /x?a=1&access_token=0123456789abcdef HTTP', 'GET /x?a=1&access_token=[redacted] HTTP'],
    [`aws_secret_access_key = ${'aB1/'.repeat(10)}`, 'aws_secret_access_key = [redacted]'],
    [`"SecretAccessKey":"${'aB1/'.repeat(10)}"`, '"SecretAccessKey":"[redacted]"'],
    [`AccountName=a;AccountKey=${'aB1/'.repeat(21)}aB==;`, 'AccountName=a;AccountKey=[redacted];'],
    [`hooks.slack.com/services/T0000/B0000/${'aB1'.repeat(8)}`, 'hooks.slack.com/services/[redacted]'],
    [`client secret aB18Q~${'aB1~'.repeat(8)}`, 'client secret aB18[redacted]'],
  ])('keep the words around them: %s', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  it('private keys go whole, over lines and inside JSON, and also when they are cut off', () => {
    const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----';
    expect(clean(`a ${key} b`)).toBe('a [redacted] b');
    expect(clean(JSON.stringify({ key }))).toBe('{"key":"[redacted]"}');
    expect(clean(`a ${key.slice(0, 40)}`)).toBe('a [redacted]');
    expect(clean(key.replaceAll('RSA PRIVATE KEY', 'PGP PRIVATE KEY BLOCK'))).toBe('[redacted]');
  });

  it.each([
    'task-abcdefghijklmnopqrstuvwxyz',
    'Bearer of news',
    'https://example.org:80/a@b',
    'risk-free',
    '-----BEGIN',
    '-----BEGIN PUBLIC KEY-----',
    'class="sk-circle-fade-dot-animation"',
    "headers: { 'x-api-key': process.env.ANTHROPIC_API_KEY }",
    'commit 3f786850e387550fdab836ed7e6dc881de23001b',
    '0f1e2d3c-4b5a-4697-8877-66554433221100',
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '"integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="',
    'https://example.org/a?token=short&page=2',
    'the author: Basic English speaker',
  ])('are not seen in %s', (text) => {
    expect(clean(text)).toBe(text);
  });
});

describe('ordinary output', () => {
  // From a generator with a seed: what comes by chance must come again.
  const bytes = (seed: number, size: number): Uint8Array => {
    let state = seed;
    return Uint8Array.from({ length: size }, () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24);
  };

  it.each(['base64', 'hex'] as const)('in %s, a megabyte of it, is left alone', (encoding) => {
    for (const seed of [1, 2, 3, 4]) {
      const text = Buffer.from(bytes(seed, 200_000)).toString(encoding);
      expect(clean(text) === text).toBe(true);
    }
  });
});

describe('text that comes bit by bit', () => {
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEowIBAAKCAQEA\n'.repeat(20)}-----END RSA PRIVATE KEY-----\n`;

  it('holds back a key block until its end, wherever its lines are parted', () => {
    const lines = `before\n${key}between\n${key}after\n`.split(/(?<=\n)/);
    const parting = fc.array(fc.integer({ min: 1, max: lines.length }), { maxLength: 8 });
    fc.assert(
      fc.property(parting, (cuts) => {
        const stream = streamRedactor(clean);
        const bits = [0, ...cuts.sort((a, b) => a - b), lines.length].map((at, index, all) =>
          stream.push(lines.slice(all[index - 1] ?? 0, at).join('')),
        );
        expect([...bits, stream.end()].join('')).toBe('before\n[redacted]\nbetween\n[redacted]\nafter\n');
      }),
    );
  });

  it('is given on at once where there is no key', () => {
    expect(streamRedactor(clean).push('one\n')).toBe('one\n');
  });

  it('takes out a key that is cut off', () => {
    const stream = streamRedactor(clean);
    expect(stream.push('a\n-----BEGIN PRIVATE KEY-----\n')).toBe('a\n');
    expect(stream.push('MIIE\n')).toBe('');
    expect(stream.end()).toBe('[redacted]');
    expect(stream.end()).toBe('');
  });

  it('goes on after so much that no key is as long', () => {
    const stream = streamRedactor(clean, 100);
    expect(stream.push('grep found -----BEGIN PRIVATE KEY----- here\n')).toBe('grep found ');
    expect(stream.push(`${'x'.repeat(100)}\n`)).toBe('[redacted]');
    expect(stream.push('and on\n')).toBe('and on\n');
  });
});
