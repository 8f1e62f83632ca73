/**
 * What the keys and tokens of well-known services look like. Each has a beginning that nothing else has: commit ids, UUIDs
 * and encoded data must not be taken for a secret.
 */
const words: readonly string[] = [
  // OpenAI, Anthropic, OpenRouter and many more. Words with hyphens have no digit in them.
  'sk-(?=[A-Za-z0-9_-]{0,60}[0-9])[A-Za-z0-9_-]{16,}',
  // Other providers of models: xAI, Perplexity, Groq, Cerebras, Hugging Face, Replicate, Nvidia.
  'xai-[A-Za-z0-9]{40,}',
  'pplx-[A-Za-z0-9]{40,}',
  'gsk_[A-Za-z0-9]{40,}',
  'csk-[a-z0-9]{40,}',
  'hf_[A-Za-z0-9]{30,}',
  'r8_[A-Za-z0-9]{36,}',
  'nvapi-[A-Za-z0-9_-]{50,}',
  // GitHub; GitLab with its runners, deploys and feeds; Bitbucket and Jira.
  'gh[opusr]_[A-Za-z0-9]{20,}',
  'github_pat_[A-Za-z0-9_]{20,}',
  'gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas)-[A-Za-z0-9_.-]{20,}',
  'GR1348941[A-Za-z0-9_-]{20,}',
  'AT(?:ATT|CTT|BB)[A-Za-z0-9]{1,3}[A-Za-z0-9_=-]{20,}',
  // AWS; Google; DigitalOcean; Databricks; Vault.
  '(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}',
  'AIza[0-9A-Za-z_-]{35}',
  'GOCSPX-[A-Za-z0-9_-]{20,}',
  String.raw`ya29\.[A-Za-z0-9_-]{20,}`,
  'do[opr]_v1_[a-f0-9]{64}',
  'dapi[a-f0-9]{32}(?:-[0-9])?',
  String.raw`hv[bsr]\.[A-Za-z0-9_-]{24,}`,
  // Registries of packages: npm, PyPI, RubyGems, Docker.
  'npm_[A-Za-z0-9]{36}',
  'pypi-AgE[A-Za-z0-9_-]{50,}',
  'rubygems_[a-f0-9]{48}',
  'dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}',
  // Slack; Telegram; Discord; SendGrid; Stripe and its webhooks; Shopify.
  'xox[abeoprs]-[A-Za-z0-9-]{10,}',
  'xapp-[0-9]-[A-Za-z0-9-]{20,}',
  '[0-9]{8,10}:AA[A-Za-z0-9_-]{33}',
  String.raw`[MNO][DTjz][A-Za-z0-9_-]{21,24}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}`,
  String.raw`SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`,
  '[sr]k_(?:live|test)_[A-Za-z0-9]{16,}',
  'whsec_[A-Za-z0-9+/=]{24,}',
  'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}',
  // Linear, Notion, Figma, Sentry, Grafana, Postman, New Relic, Doppler, Supabase, PlanetScale, Fly, Heroku.
  'lin_(?:api|oauth)_[A-Za-z0-9]{32,}',
  '(?:ntn|secret)_[A-Za-z0-9]{40,}',
  'figd_[A-Za-z0-9_-]{20,}',
  'sntry[su]_[A-Za-z0-9+/=_-]{40,}',
  'gl(?:c|sa)_[A-Za-z0-9+/=_-]{32,}',
  'PMAK-[a-f0-9]{24}-[a-f0-9]{34}',
  'NRAK-[A-Z0-9]{27}',
  String.raw`dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9.]{40,}`,
  'sbp_[a-f0-9]{40}',
  'sb_secret_[A-Za-z0-9_-]{20,}',
  'pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,}',
  'fm[12]_[A-Za-z0-9+/=_-]{100,}',
  'HRKU-[A-Za-z0-9_-]{36,}',
  // age; JSON web tokens.
  'AGE-SECRET-KEY-1[0-9A-Z]{58}',
  String.raw`eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`,
];

/**
 * What is taken out, in this order; the first group, where there is one, stays. Whatever can is begun with letters of its
 * own: all that agents print is searched, and such a search is ten times faster.
 */
export const secretShapes: readonly RegExp[] = [
  // In a header.
  /(Bearer\s+)[A-Za-z0-9._~+/-]{16,}=*/gi,
  /(authorization["']?\s*[:=]\s*["']?Basic\s+)[A-Za-z0-9+/_-]{8,}=*/gi,
  /((?:api-key|private-token|auth-token)["']?\s*:\s*\\?["']?)(?=[^\s"']{0,80}[0-9])[A-Za-z0-9._~+/=-]{16,}/gi,
  // In an address: its password, a parameter, a webhook of Slack.
  /(:\/\/[^\s/:@"']{1,200}:)[^\s/@"']{1,500}(?=@)/g,
  /([?&](?:access_token|api_?key|token|sig|X-Amz-Signature|X-Amz-Security-Token)=)[A-Za-z0-9._~%+/-]{16,}=*/gi,
  /(hooks\.slack\.com\/services\/)[A-Za-z0-9/]{20,}/g,
  // The long half of an AWS key; an account key and a client's secret of Azure; a token of Terraform.
  /((?:secret_?access_?key|session_?token)\\?["']?\s*[:=]\s*\\?["']?)[A-Za-z0-9/+]{40,}={0,2}/gi,
  /(AccountKey=)[A-Za-z0-9+/]{40,}={0,2}/g,
  /Q~(?<=[A-Za-z0-9_~.-]{3}[0-9]Q~)[A-Za-z0-9_~.-]{31,34}/g,
  /\.atlasv1\.(?<=[A-Za-z0-9]{14}\.atlasv1\.)[A-Za-z0-9_-]{60,}/g,
  // A word of its own; also right after a newline or tab that JSON wrote as two letters, or after a terminal's colour.
  new RegExp(`\\b(?:${words.join('|')})`, 'g'),
  new RegExp(`(\\\\[nrtbf]|\\[[0-9;]{0,12}m)(?:${words.join('|')})`, 'g'),
];

/** The first line of a private key, of any kind that is written as a block of text. */
export const keyBegin = /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}/;

/** Its last line. */
export const keyEnd = /-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}/;
