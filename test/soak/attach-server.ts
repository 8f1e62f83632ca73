import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands in for an opencode server that turns are attached to, as far as oompa itself asks it. */
export interface AttachServer {
  readonly url: string;
  /** While it is down, it hangs up on everybody. */
  down: boolean;
  close(): Promise<void>;
}

/** Starts one, which is up, on 127.0.0.1. */
export async function startAttachServer(): Promise<AttachServer> {
  const state = { down: false };
  const server = createServer((request, response) => {
    if (state.down) {
      request.socket.destroy();
      return;
    }
    // As opencode 1.18.33 answers when it has nothing to do.
    const body = request.url === '/global/health' ? { healthy: true, version: '1.18.33' } : {};
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `http://127.0.0.1:${String(port)}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  });
}
