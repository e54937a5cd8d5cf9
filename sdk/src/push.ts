// Being reachable while no page is open: keeps the server and the browser agreed on where to push to. What is shown when
// a push comes is the service worker's part (service-worker/).

import type { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import { CarillonError } from './errors.js';
import type { WirePushTarget } from './protocol.js';
import type { PlatformSubscription, PushPlatform, WorkerSource } from './push-platform.js';
import type { EnablePushOptions, PushRegistration, PushState } from './types.js';
import { soon } from './waiting.js';

export interface PushContext {
  readonly platform: PushPlatform;
  readonly connection: Pick<Connection, 'request'>;
}

export type PushEvents = { state: [state: PushState] };

const DEFAULT_WORKER = '/carillon-sw.js';
/** Some browsers never settle a subscription while their push service cannot be reached. Usual is half a second. */
const SUBSCRIBE_TIMEOUT_MS = 20_000;
/** What the browser does with its own store only. */
const LOOK_TIMEOUT_MS = 5_000;

export class PushImpl extends Emitter<PushEvents> {
  readonly #context: PushContext;
  #state: PushState;
  /** The server's id of what is registered now. */
  #id: string | null = null;
  #worker: WorkerSource = null;
  /** Given by a native wrapper; sent again at each connect. */
  #given: WirePushTarget | null = null;
  /** One thing after the other: each step changes what the next one finds. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: PushContext) {
    super();
    this.#context = context;
    this.#state = this.#stateWithoutSubscription();
    context.platform.onPermission(() => this.handlePermission());
  }

  get state(): PushState {
    return this.#state;
  }

  async enable({ serviceWorker = DEFAULT_WORKER }: EnablePushOptions): Promise<PushRegistration> {
    const { platform } = this.#context;
    if (!platform.supported)
      throw new CarillonError('push-unsupported', 'this browser has no push, or not on this page');
    // Before anything else is awaited: after that the browser does not count it as part of the click any more.
    const asked = platform.requestPermission();
    return this.#inTurn(async () => {
      const permission = await asked.catch((cause: unknown) => {
        throw new CarillonError('push-failed', 'the browser did not ask for permission', undefined, cause);
      });
      if (permission !== 'granted') {
        this.#setState(this.#stateWithoutSubscription());
        const reason = permission === 'denied' ? 'notifications are blocked' : 'the person did not decide';
        throw new CarillonError('permission-denied', reason);
      }
      const publicKey = await this.#serverKey();
      const before = await this.#look(serviceWorker).catch(() => null);
      const subscription = await this.#subscribe(serviceWorker, publicKey);
      this.#worker = serviceWorker;
      try {
        return await this.#register(webPushOf(subscription));
      } catch (error) {
        // Half of it must not stay, or it would turn itself on at the next connect.
        if (!before) await this.#unsubscribe().catch(() => undefined);
        throw error;
      }
    });
  }

  async disable(): Promise<void> {
    return this.#inTurn(async () => {
      const id = this.#id;
      this.#id = null;
      this.#given = null;
      // Unreachable or unknown there: without a subscription the push service tells the server at its next try.
      const now = { durable: false };
      if (id !== null) await this.#context.connection.request('unregister-push', { id }, now).catch(() => undefined);
      if (this.#context.platform.supported) await this.#unsubscribe();
      this.#setState(this.#stateWithoutSubscription());
    });
  }

  /** For native wrappers, whose push is not the browser's. */
  async registerTarget(target: WirePushTarget): Promise<PushRegistration> {
    return this.#inTurn(async () => {
      const registration = await this.#register(target);
      this.#given = target;
      return registration;
    });
  }

  /** Connected: the server shall know this device by its present id, and the address that the browser has now. */
  handleConnected(): void {
    this.#inTurn(() => this.#renew()).catch(() => undefined); // Tried again at the next connect.
  }

  /** The browser made another subscription, or the person changed the permission. */
  handleSubscription(): void {
    this.handleConnected();
  }

  handlePermission(): void {
    if (this.#context.platform.permission === 'granted') this.handleConnected();
    else if (!this.#given) this.#setState(this.#stateWithoutSubscription());
  }

  async #renew(): Promise<void> {
    if (this.#given) {
      await this.#register(this.#given);
      return;
    }
    const { platform } = this.#context;
    if (!platform.supported || platform.permission !== 'granted') {
      this.#setState(this.#stateWithoutSubscription());
      return;
    }
    const found = await this.#look(this.#worker);
    const { remembered } = platform;
    // Gone, though nobody gave it up: browsers drop subscriptions, when their store is cleared in part for example.
    const lost = !found && remembered !== null;
    if (!found && !lost) {
      this.#setState('off');
      return;
    }
    const publicKey = await this.#serverKey();
    let subscription = found;
    if (found?.publicKey !== publicKey) {
      // Another key: the server has a new one, or the subscription is the app's own, for another server; then hands off.
      const ours = lost || (found?.publicKey ?? null) === remembered;
      if (!ours) {
        this.#setState('off');
        return;
      }
      subscription = await this.#subscribe(this.#worker, publicKey);
    }
    if (subscription) await this.#register(webPushOf(subscription));
    platform.remembered = publicKey;
  }

  async #register(target: WirePushTarget): Promise<PushRegistration> {
    const { id } = await this.#context.connection.request('register-push', { ...target, confirmsRinging: true });
    this.#id = id;
    this.#setState('on');
    return { id, type: target.type };
  }

  async #serverKey(): Promise<string> {
    try {
      return (await this.#context.connection.request('get-push-key', {})).publicKey;
    } catch (error) {
      if (error instanceof CarillonError && error.code === 'unavailable') this.#setState('unavailable');
      throw error;
    }
  }

  async #subscribe(worker: WorkerSource, publicKey: string): Promise<PlatformSubscription> {
    const { platform } = this.#context;
    const subscription = await within(
      SUBSCRIBE_TIMEOUT_MS,
      platform.subscribe(worker, publicKey),
      'the browser made no subscription',
    );
    platform.remembered = publicKey;
    return subscription;
  }

  async #unsubscribe(): Promise<void> {
    const { platform } = this.#context;
    platform.remembered = null;
    await within(LOOK_TIMEOUT_MS, platform.unsubscribe(this.#worker), 'the browser kept its subscription');
  }

  #look(worker: WorkerSource): Promise<PlatformSubscription | null> {
    return within(LOOK_TIMEOUT_MS, this.#context.platform.subscription(worker), 'the browser does not tell');
  }

  #stateWithoutSubscription(): PushState {
    const { supported, permission } = this.#context.platform;
    if (!supported) return 'unsupported';
    return permission === 'denied' ? 'denied' : 'off';
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #setState(state: PushState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('state', state);
  }
}

function webPushOf({ endpoint, keys }: PlatformSubscription): WirePushTarget {
  return { type: 'webpush', subscription: { endpoint, keys: { ...keys } } };
}

/** What the browser says, in time, or a `push-failed`. */
async function within<T>(ms: number, promise: Promise<T>, reason: string): Promise<T> {
  try {
    return await soon(promise, ms);
  } catch (cause) {
    throw new CarillonError('push-failed', reason, undefined, cause);
  }
}
