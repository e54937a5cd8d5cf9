// A browser's push without a browser: the test is the person, the push service and the service worker.

import type { PlatformSubscription, PushPermission, PushPlatform, WorkerSource } from '../push-platform.js';

export class FakePush implements PushPlatform {
  supported = true;
  permission: PushPermission = 'default';
  /** What the person decides when asked. */
  answer: PushPermission = 'granted';
  /** Kept over "reloads": give the same object to the next client. */
  remembered: string | null = null;
  current: PlatformSubscription | null = null;
  /** What the next subscriptions come to. */
  subscribing: 'works' | 'fails' | 'hangs' = 'works';
  launch: string | null = null;
  onScreen = true;
  /** Notifications of the worker: `ring call-1`, `missed`. */
  notifications: string[] = [];
  /** What was asked of the browser, in order. */
  readonly log: string[] = [];
  readonly #permissionListeners = new Set<() => void>();
  readonly #messageListeners = new Set<(message: unknown, reply: (answer: unknown) => void) => void>();
  #next = 1;

  async requestPermission(): Promise<PushPermission> {
    this.log.push('ask');
    this.permission = this.answer;
    return this.answer;
  }

  onPermission(listener: () => void): () => void {
    this.#permissionListeners.add(listener);
    return () => void this.#permissionListeners.delete(listener);
  }

  async subscription(): Promise<PlatformSubscription | null> {
    return this.current;
  }

  async subscribe(worker: WorkerSource, publicKey: string): Promise<PlatformSubscription> {
    this.log.push(
      `subscribe ${typeof worker === 'string' ? worker : worker ? 'registration' : 'present'} ${publicKey}`,
    );
    if (this.subscribing === 'hangs') return new Promise(() => undefined);
    if (this.subscribing === 'fails') throw new Error('AbortError: the push service does not answer');
    if (this.current?.publicKey === publicKey) return this.current;
    return (this.current = this.make(publicKey));
  }

  async unsubscribe(): Promise<void> {
    this.log.push('unsubscribe');
    this.current = null;
  }

  onMessage(listener: (message: unknown, reply: (answer: unknown) => void) => void): () => void {
    this.#messageListeners.add(listener);
    return () => void this.#messageListeners.delete(listener);
  }

  clearRing(callId: string): void {
    this.notifications = this.notifications.filter((one) => one !== `ring ${callId}`);
  }
  clearMissed(): void {
    this.notifications = this.notifications.filter((one) => one !== 'missed');
  }

  takeLaunch(): string | null {
    const { launch } = this;
    this.launch = null;
    return launch;
  }

  // What the test does.

  make(publicKey: string | null): PlatformSubscription {
    const endpoint = `https://push.test/${this.#next++}`;
    return { endpoint, keys: { p256dh: 'p256dh', auth: 'auth' }, publicKey };
  }

  /** In the browser's settings. */
  setPermission(permission: PushPermission): void {
    this.permission = permission;
    if (permission !== 'granted') this.current = null; // As browsers do.
    for (const listener of this.#permissionListeners) listener();
  }

  /** The service worker speaks. Answers what the page replied by then, in order. */
  say(message: unknown): unknown[] {
    const answers: unknown[] = [];
    for (const listener of this.#messageListeners) listener(message, (answer) => answers.push(answer));
    return answers;
  }
}
