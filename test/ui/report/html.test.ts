import { describe, expect, it } from 'vitest';
import { html } from '../../../src/ui/report/html.ts';

describe('html', () => {
  it('makes text of texts, wherever they stand', () => {
    const text = `</p><script>"it's" & more`;
    expect(html`<p title="${text}">${text}</p>`.markup).toBe(
      '<p title="&lt;/p&gt;&lt;script&gt;&quot;it&#39;s&quot; &amp; more">&lt;/p&gt;&lt;script&gt;&quot;it&#39;s&quot; &amp; more</p>',
    );
  });

  it('takes its own markup as it is, in lists too, and nothing for undefined', () => {
    const items = ['a&b', 'c'].map((item) => html`<i>${item}</i>`);
    expect(html`<b>${items}${undefined}</b>`.markup).toBe('<b><i>a&amp;b</i><i>c</i></b>');
  });

  it('takes out what is made for terminals and what turns the text around', () => {
    expect(html`${'\u001b[31mred\u001b[0m \u202etxt\u2066.exe\u0000\u0007'}`.markup).toBe('red txt.exe');
  });

  it('keeps lines and tabs, and words of every script', () => {
    expect(html`${'a\tb\r\nc\rd שלום 你好 ✓'}`.markup).toBe('a\tb\nc\nd שלום 你好 ✓');
  });
});
