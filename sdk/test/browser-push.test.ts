// The browser's side of push, with a browser made of a few objects: what is asked of it, and in which order.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { base64UrlOf, bytesOf } from '../src/base64url.js';
import { BrowserPush } from '../src/browser-push.js';

const log: string[] = [];

class FakeSubscription {
  constructor(
    readonly endpoint: string,
    readonly options: { applicationServerKey: ArrayBuffer },
  ) {}
  toJSON(): unknown {
    return { endpoint: this.endpoint, keys: { p256dh: 'p', auth: 'a' } };
  }
  async unsubscribe(): Promise<boolean> {
    log.push(`unsubscribe ${this.endpoint}`);
    registration.subscription = null;
    return true;
  }
}

class FakeContainer extends EventTarget {
  started = false;
  startMessages(): void {
    this.started = true;
  }
  async register(address: string, options: unknown): Promise<unknown> {
    log.push(`register ${address} ${JSON.stringify(options)}`);
    return registration;
  }
  async getRegistration(): Promise<unknown> {
    return registration;
  }
}

class FakeStarting extends EventTarget {
  state = 'installing';
  become(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }
}

const notification = (data: unknown) => ({ data, close: vi.fn() });

let registration: {
  active: unknown;
  installing: FakeStarting | null;
  waiting: null;
  subscription: FakeSubscription | null;
  notifications: ReturnType<typeof notification>[];
  pushManager: unknown;
  getNotifications(): Promise<unknown>;
};
let container: FakeContainer;
let page: EventTarget;
const KEY = base64UrlOf(new Uint8Array([4, 200, 255, 62]));

beforeEach(() => {
  log.length = 0;
  container = new FakeContainer();
  page = new EventTarget();
  registration = {
    active: {},
    installing: null,
    waiting: null,
    subscription: null,
    notifications: [],
    pushManager: {
      getSubscription: async () => registration.subscription,
      subscribe: async (options: { userVisibleOnly: boolean; applicationServerKey: Uint8Array<ArrayBuffer> }) => {
        log.push(`subscribe ${options.userVisibleOnly} ${base64UrlOf(options.applicationServerKey)}`);
        const { buffer } = options.applicationServerKey;
        return (registration.subscription = new FakeSubscription('https://push.test/new', {
          applicationServerKey: buffer,
        }));
      },
    },
    getNotifications: async () => registration.notifications,
  };
  const stored = new Map<string, string>();
  vi.stubGlobal('navigator', { serviceWorker: container });
  vi.stubGlobal('PushManager', class {});
  vi.stubGlobal('Notification', { permission: 'granted', requestPermission: async () => 'granted' });
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  });
});
afterEach(() => vi.unstubAllGlobals());

const subscribed = (key: string): FakeSubscription =>
  (registration.subscription = new FakeSubscription('https://push.test/old', {
    applicationServerKey: bytesOf(key).buffer,
  }));

describe('The push of a browser', () => {
  it('is supported only where there is all of it', () => {
    expect(new BrowserPush().supported).toBe(true);
    vi.stubGlobal('Notification', undefined);
    expect(new BrowserPush().supported).toBe(false);
    expect(new BrowserPush().permission).toBe('denied');
    vi.stubGlobal('navigator', {}); // A page without HTTPS.
    expect(new BrowserPush().supported).toBe(false);
  });

  it('registers the worker, never from a cache, and subscribes for visible pushes', async () => {
    const made = await new BrowserPush().subscribe('/carillon-sw.js', KEY);
    expect(log).toEqual(['register /carillon-sw.js {"updateViaCache":"none"}', `subscribe true ${KEY}`]);
    expect(made).toEqual({
      endpoint: 'https://push.test/new',
      keys: { p256dh: 'p', auth: 'a' },
      publicKey: KEY,
    });
  });

  it('waits until the worker is active, since none else can hold a subscription', async () => {
    registration.active = null;
    const starting = (registration.installing = new FakeStarting());
    const made = new BrowserPush().subscribe('/carillon-sw.js', KEY);
    await vi.waitFor(() => expect(log).toHaveLength(1));
    starting.become('installed');
    starting.become('activating');
    await Promise.resolve();
    expect(log).toHaveLength(1);
    starting.become('activated');
    await made;
    expect(log).toHaveLength(2);
  });

  it('fails when the worker does not start', async () => {
    registration.active = null;
    const starting = (registration.installing = new FakeStarting());
    const made = new BrowserPush().subscribe('/carillon-sw.js', KEY);
    made.catch(() => undefined);
    await vi.waitFor(() => expect(log).toHaveLength(1));
    starting.become('redundant');
    await expect(made).rejects.toThrow('does not start');
  });

  it('keeps a subscription for the same key, and gives up one for another first', async () => {
    subscribed(KEY);
    const push = new BrowserPush();
    expect(await push.subscribe(null, KEY)).toMatchObject({ endpoint: 'https://push.test/old' });
    expect(log).toEqual([]);
    subscribed('AQID');
    expect(await push.subscription(null)).toMatchObject({ publicKey: 'AQID' });
    expect(await push.subscribe(null, KEY)).toMatchObject({ endpoint: 'https://push.test/new' });
    expect(log).toEqual(['unsubscribe https://push.test/old', `subscribe true ${KEY}`]);
    await push.unsubscribe(null);
    expect(await push.subscription(null)).toBeNull();
  });

  it('remembers over reloads, and does without where nothing may be stored', () => {
    const push = new BrowserPush();
    push.remembered = KEY;
    expect(new BrowserPush().remembered).toBe(KEY);
    push.remembered = null;
    expect(push.remembered).toBeNull();
    const forbidden = (): never => {
      throw new Error('SecurityError');
    };
    vi.stubGlobal('localStorage', { getItem: forbidden, setItem: forbidden, removeItem: forbidden });
    push.remembered = KEY;
    expect(push.remembered).toBeNull();
  });

  it('hears the worker, and answers', () => {
    const heard: unknown[] = [];
    const off = new BrowserPush().onMessage((message, reply) => {
      heard.push(message);
      reply({ rings: true });
    });
    expect(container.started).toBe(true);
    const port = { postMessage: vi.fn() };
    container.dispatchEvent(Object.assign(new Event('message'), { data: 'word', ports: [port] }));
    expect(heard).toEqual(['word']);
    expect(port.postMessage).toHaveBeenCalledWith({ rings: true });
    off();
    container.dispatchEvent(Object.assign(new Event('message'), { data: 'word', ports: [] }));
    expect(heard).toHaveLength(1);
  });

  it('takes what a click wrote into the address, and leaves the addresses of the app alone', () => {
    const replaceState = vi.fn();
    vi.stubGlobal('history', { state: null, replaceState });
    vi.stubGlobal('location', { hash: '#/carillon/call/c1?accept=1', pathname: '/app/', search: '?x=1' });
    const push = new BrowserPush();
    expect(push.takeLaunch()).toBe('#/carillon/call/c1?accept=1');
    expect(replaceState).toHaveBeenCalledWith(null, '', '/app/?x=1');
    vi.stubGlobal('location', { hash: '#/calls', pathname: '/', search: '' });
    expect(push.takeLaunch()).toBeNull();
    expect(replaceState).toHaveBeenCalledTimes(1);
  });

  it('hears of an address of ours that is opened in a page that is here', () => {
    let consumer: ((launch: { targetURL?: string }) => void) | undefined;
    vi.stubGlobal('launchQueue', { setConsumer: (given: typeof consumer) => (consumer = given) });
    vi.stubGlobal('history', { state: null, replaceState: vi.fn() });
    const heard: unknown[] = [];
    new BrowserPush().onMessage((message) => heard.push(message));
    vi.stubGlobal('location', { hash: '#/carillon/calls', pathname: '/', search: '' });
    page.dispatchEvent(new Event('hashchange'));
    consumer?.({ targetURL: 'https://calls.test/#/carillon/call/c1' });
    consumer?.({ targetURL: 'https://calls.test/' });
    consumer?.({});
    expect(heard).toEqual([{ type: 'carillon-history' }, { type: 'carillon-open', callId: 'c1' }]);
  });

  it('takes away the notifications that are meant, and no other', async () => {
    const [ring, other, missed, mail] = [
      notification({ carillon: 'ring', callId: 'c1' }),
      notification({ carillon: 'ring', callId: 'c2' }),
      notification({ carillon: 'missed', callId: 'c3' }),
      notification(null),
    ];
    registration.notifications = [ring, other, missed, mail];
    const push = new BrowserPush();
    push.clearRing('c1');
    await vi.waitFor(() => expect(ring.close).toHaveBeenCalled());
    push.clearMissed();
    await vi.waitFor(() => expect(missed.close).toHaveBeenCalled());
    expect(other.close).not.toHaveBeenCalled();
    expect(mail.close).not.toHaveBeenCalled();
  });

  it('is told when the person changes the permission', async () => {
    const status = new EventTarget();
    vi.stubGlobal('navigator', { serviceWorker: container, permissions: { query: async () => status } });
    const changed = vi.fn();
    const off = new BrowserPush().onPermission(changed);
    await vi.waitFor(() => {
      status.dispatchEvent(new Event('change'));
      expect(changed).toHaveBeenCalled();
    });
    off();
    const before = changed.mock.calls.length;
    status.dispatchEvent(new Event('change'));
    expect(changed).toHaveBeenCalledTimes(before);
  });

  it.each([
    ['visible', true],
    ['hidden', false],
  ])('is on screen when the page is not hidden: %s', (visibilityState, onScreen) => {
    vi.stubGlobal('document', { visibilityState });
    expect(new BrowserPush().onScreen).toBe(onScreen);
  });

  it('is none where there is no browser', () => {
    vi.unstubAllGlobals();
    const push = new BrowserPush();
    expect([push.supported, push.permission, push.remembered, push.onScreen, push.takeLaunch()]).toEqual([
      false,
      'denied',
      null,
      false,
      null,
    ]);
    push.onMessage(() => undefined)();
    push.onPermission(() => undefined)();
    push.clearRing('c1');
  });
});
