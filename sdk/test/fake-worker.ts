// A service worker's world without a browser: what is on screen, which windows are open, and a server for tickets.

import type { EndReason } from '../src/protocol.js';
import type {
  CallNotificationOptions,
  ShownNotification,
  WindowOfApp,
  WorkerEvents,
  WorkerPort,
  WorkerScope,
} from '../src/service-worker/scope.js';

export class FakeNotification implements ShownNotification {
  readonly tag: string;
  readonly data: unknown;

  constructor(
    readonly title: string,
    readonly options: CallNotificationOptions,
    private readonly screen: FakeNotification[],
  ) {
    this.tag = options.tag;
    this.data = options.data;
  }

  close(): void {
    const at = this.screen.indexOf(this);
    if (at >= 0) this.screen.splice(at, 1);
  }
}

export class FakeWindow implements WindowOfApp {
  focused = false;
  visibilityState: 'visible' | 'hidden' = 'hidden';
  readonly messages: unknown[] = [];
  /** How the page answers when it is asked whether a call rings; null: not at all. */
  rings: boolean | null = null;
  focusFails = false;

  constructor(readonly url: string) {}

  async focus(): Promise<void> {
    if (this.focusFails) throw new Error('InvalidAccessError: not allowed to focus a window');
    this.focused = true;
  }

  postMessage(message: unknown, transfer?: WorkerPort[]): void {
    this.messages.push(message);
    const port = transfer?.[0] as FakePort | undefined;
    if (port && this.rings !== null) port.other?.onmessage?.({ data: { rings: this.rings } });
  }
}

class FakePort implements WorkerPort {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  other: FakePort | null = null;
  close(): void {
    this.other = null;
  }
}

class FakeChannel {
  readonly port1 = new FakePort();
  readonly port2 = new FakePort();
  constructor() {
    this.port1.other = this.port2;
    this.port2.other = this.port1;
  }
}

/** `down`: nobody listens. `dead`: it takes the request and never answers. `failing`: a proxy answers in its place. */
export type ServerMood = 'up' | 'down' | 'dead' | 'failing';

export class FakeWorker implements WorkerScope {
  readonly location = { href: 'https://calls.test/carillon-sw.js' };
  readonly MessageChannel = FakeChannel;
  /** What the person sees, oldest first. */
  readonly screen: FakeNotification[] = [];
  /** Every notification that was ever shown, as `title: body`. */
  readonly shown: string[] = [];
  readonly windows: FakeWindow[] = [];
  readonly opened: string[] = [];
  /** Requests to the server: `POST /v1/tickets/t/ringing`. */
  readonly requests: string[] = [];
  readonly inits: RequestInit[] = [];
  mood: ServerMood = 'up';
  delayMs = 0;
  status = 200;
  clockOffsetMs = 0;
  call: { state: 'ringing' | 'active' | 'ended'; reason?: EndReason } = { state: 'ringing' };
  /** What the server says of the call of this ticket, if not `call`. */
  readonly byTicket = new Map<string, FakeWorker['call']>();
  refusesOptions = false;
  badges = 0;
  subscribedWith: unknown[] = [];
  /** The longest that an event was kept alive, and how many were. */
  waitedMs = 0;
  readonly #listeners = new Map<string, (event: never) => void>();

  readonly navigator = {
    setAppBadge: async (): Promise<void> => {
      this.badges++;
    },
  };

  readonly registration = {
    scope: 'https://calls.test/',
    pushManager: {
      subscribe: async (options: { applicationServerKey: unknown }) => {
        this.subscribedWith.push(options.applicationServerKey);
        return { endpoint: 'https://push.test/2' };
      },
    },
    showNotification: async (title: string, options: CallNotificationOptions): Promise<void> => {
      if (this.refusesOptions && options.actions) throw new TypeError('actions are not supported');
      for (const same of this.screen.filter(({ tag }) => tag === options.tag)) same.close();
      this.screen.push(new FakeNotification(title, options, this.screen));
      this.shown.push(`${title}: ${options.body}`);
    },
    getNotifications: async ({ tag }: { tag?: string }) =>
      this.screen.filter((one) => tag === undefined || one.tag === tag),
  };

  readonly clients = {
    matchAll: async (): Promise<readonly FakeWindow[]> => this.windows,
    openWindow: async (address: string): Promise<void> => void this.opened.push(address),
  };

  readonly fetch = async (address: string, init: RequestInit): Promise<Response> => {
    this.requests.push(`${init.method ?? 'GET'} ${new URL(address).pathname}`);
    this.inits.push(init);
    if (this.mood === 'down') throw new TypeError('Failed to fetch');
    if (this.mood === 'dead') return new Promise((_, reject) => this.#abort(init.signal ?? null, reject));
    if (this.mood === 'failing') return new Response('bad gateway', { status: 502 });
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (address.endsWith('/v1/push/key')) return Response.json({ publicKey: 'AQID' });
    const [, ticket = ''] = /tickets\/([^/]+)/.exec(address) ?? [];
    const call = this.byTicket.get(ticket) ?? this.call;
    const body = { callId: 'call-1', ...call, serverTime: Date.now() + this.clockOffsetMs };
    return Response.json(this.status === 200 ? body : { error: { code: 'unauthorized' } }, { status: this.status });
  };

  addEventListener<K extends keyof WorkerEvents>(type: K, listener: (event: WorkerEvents[K]) => void): void {
    this.#listeners.set(type, listener);
  }

  open(url = 'https://calls.test/', rest: Partial<FakeWindow> = {}): FakeWindow {
    const window = Object.assign(new FakeWindow(url), rest);
    this.windows.push(window);
    return window;
  }

  /** The browser has stopped the one before; what it had shown is still on screen. */
  follow(before: FakeWorker): void {
    for (const { title, options } of before.screen.splice(0)) {
      this.screen.push(new FakeNotification(title, options, this.screen));
    }
  }

  /** One event, until the worker lets it go. What it throws, the test gets. */
  async dispatch<K extends keyof WorkerEvents>(type: K, event: Omit<WorkerEvents[K], 'waitUntil'>): Promise<void> {
    const works: Promise<unknown>[] = [];
    const started = Date.now();
    this.#listeners.get(type)?.({ ...event, waitUntil: (work: Promise<unknown>) => works.push(work) } as never);
    await Promise.all(works);
    this.waitedMs = Math.max(this.waitedMs, Date.now() - started);
  }

  push(payload: unknown): Promise<void> {
    return this.dispatch('push', { data: { json: () => payload } });
  }

  /** A click on what is on screen; without an action, on its body. */
  click(action = '', notification = this.screen.at(-1)!): Promise<void> {
    return this.dispatch('notificationclick', { notification, action });
  }

  #abort(signal: AbortSignal | null, reject: (error: unknown) => void): void {
    signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  }
}
