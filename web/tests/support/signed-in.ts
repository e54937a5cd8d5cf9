// The ladder of the session's tests: a session that is signed in, calls, or talks.
import { Session } from '../../src/state/session';
import { createStore, type Store } from '../../src/state/store';
import { FakeClient, t0, type FakeCall } from './fake-client';

export interface World {
  readonly store: Store;
  readonly session: Session;
  readonly storage: Map<string, string>;
  /** The client in use; a new one for each sign-in. */
  client: FakeClient;
  /** Waits that the session asked for; `pass()` ends them all. */
  pass(): Promise<void>;
  tokenStatus: number | 'down';
  readonly asked: unknown[];
}

export const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; ++i) await Promise.resolve();
};

export function world(prepare: (client: FakeClient) => void = () => undefined): World {
  const storage = new Map<string, string>();
  const store = createStore(t0);
  const waits: (() => void)[] = [];
  const made: World = {
    store,
    storage,
    client: undefined as never,
    session: undefined as never,
    tokenStatus: 200,
    asked: [],
    pass: async () => {
      for (const resolve of waits.splice(0)) resolve();
      await settle();
    },
  };
  const session = new Session(store, {
    createClient: (token) => {
      made.client = new FakeClient(token);
      prepare(made.client);
      return made.client.asClient();
    },
    fetch: async (_url, init) => {
      if (made.tokenStatus === 'down') throw new TypeError('fetch failed');
      made.asked.push(JSON.parse(init?.body as string));
      return new Response(JSON.stringify({ token: 'a.b.c' }), { status: made.tokenStatus });
    },
    storage: {
      getItem: (key) => storage.get(key) ?? null,
      setItem: (key, value) => void storage.set(key, value),
      removeItem: (key) => void storage.delete(key),
    },
    now: () => t0,
    wait: () => new Promise((resolve) => waits.push(resolve)),
    needsInstall: false,
    opensCall: true,
  });
  return Object.assign(made, { session });
}

export async function signedIn(prepare?: (client: FakeClient) => void): Promise<World> {
  const w = world(prepare);
  await w.session.signIn('Me');
  await settle();
  w.client.presence.set([
    { userId: 'me', name: 'Me', devices: 1 },
    { userId: 'ben', name: 'Ben Okafor', devices: 2 },
    { userId: 'mara', name: 'Mara', devices: 1 },
  ]);
  return w;
}

export async function calling(callees: string[] = ['ben']): Promise<World & { call: FakeCall }> {
  const w = await signedIn();
  await w.session.startCall(callees, 'video');
  return Object.assign(w, { call: w.client.lastStarted! });
}

export async function talking(callees: string[] = ['ben']): Promise<World & { call: FakeCall }> {
  const w = await calling(callees);
  for (const one of callees) {
    w.call.ring(one);
    w.call.answer(one);
  }
  return w;
}
