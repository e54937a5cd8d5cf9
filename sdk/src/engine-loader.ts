// Tells the engine what the server's routers can do: once per page, as soon as there is a server to ask. It costs 30 ms
// that no call should pay.

import type { Connection } from './connection.js';
import type { MediaEngine } from './engine.js';

/** What it gives may be called at any time: whoever comes while it loads waits for the same, and a failure is tried anew. */
export function engineLoader(engine: MediaEngine, connection: Pick<Connection, 'request'>): () => Promise<void> {
  let loading: Promise<void> | null = null;
  return () => {
    if (engine.loaded) return Promise.resolve();
    loading ??= connection
      .request('getRouterRtpCapabilities', {})
      .then((answer) => engine.load(answer.routerRtpCapabilities ?? answer))
      .finally(() => (loading = null));
    return loading;
  };
}
