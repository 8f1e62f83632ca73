import type { Equipment } from '../alone.ts';
import type { HarnessSettings } from '../harness.ts';
import { clientEnvironment, type OpencodeServer } from './server.ts';

/** The server that the user wants opencode to work through. `source`: the setting or the variable that says so. */
export type AttachAddress =
  | { readonly kind: 'server'; readonly server: OpencodeServer; readonly source: string }
  /** `detail` names the source, and never what is in it: it may hold a password. */
  | { readonly kind: 'bad-address'; readonly detail: string; readonly source: string };

/**
 * The address in the config, else in OOMPA_OPENCODE_ATTACH, else in OPENCODE_ATTACH; undefined when there is none. `env` is the
 * agent's, with the password for the server (OPENCODE_SERVER_PASSWORD, OPENCODE_SERVER_USERNAME), as the CLI itself reads it.
 */
export function attachAddress(
  settings: Pick<HarnessSettings, 'attach'>,
  env: Readonly<Record<string, string>>,
): AttachAddress | undefined {
  const { OOMPA_OPENCODE_ATTACH, OPENCODE_ATTACH } = env;
  const [given] = [
    { source: '`harnesses.opencode.attach`', text: settings.attach },
    { source: 'OOMPA_OPENCODE_ATTACH', text: OOMPA_OPENCODE_ATTACH },
    { source: 'OPENCODE_ATTACH', text: OPENCODE_ATTACH },
  ].flatMap(({ source, text = '' }) => (text.trim() === '' ? [] : [{ source, text: text.trim() }]));
  if (given === undefined) return undefined;
  const { source, text } = given;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return { kind: 'bad-address', source, detail: `${source} is not an address such as http://127.0.0.1:4096` };
  }
  // opencode 1.18.33 does not use them: all that comes of it is "Session not found".
  if (url.username !== '' || url.password !== '') {
    return { kind: 'bad-address', source, detail: `${source} holds a password; set OPENCODE_SERVER_PASSWORD instead` };
  }
  return {
    kind: 'server',
    source,
    server: { url: `${url.origin}${url.pathname}`.replace(/\/+$/, ''), ...credentials(env) },
  };
}

function credentials(env: Readonly<Record<string, string>>): Pick<OpencodeServer, 'password' | 'username'> {
  const { OPENCODE_SERVER_PASSWORD: password = '', OPENCODE_SERVER_USERNAME: username = '' } = env;
  return { ...(password === '' ? {} : { password }), ...(username === '' ? {} : { username }) };
}

/** A turn that works through the server. */
export function attached({ harness, settings, env }: Equipment, server: OpencodeServer): Equipment {
  return { harness, settings: { ...settings, attach: server.url }, env: { ...env, ...clientEnvironment(server, env) } };
}
