// Shows, changes and takes away the notifications of calls. One per call, since its tag is the call: what comes later
// replaces what was there. The server decides whether a call rings; this asks it, and shows what it says.

import type { EndReason } from '../protocol.js';
import type { RingAnswer, WorkerWord } from '../worker-words.js';
import { isMissed, mayRing, remainingMs, type CallPush, type MissedPush, type RingPush } from './payload.js';
import type { CallNotificationOptions, ShownNotification, WindowOfApp, WorkerScope } from './scope.js';
import type { CallTexts, Words } from './texts.js';
import type { TicketAnswer, Tickets } from './tickets.js';

export interface Icons {
  /** The picture of the notification, and the small one of the status bar: addresses. */
  icon?: string;
  badge?: string;
  accept?: string;
  decline?: string;
}

export interface NotifierOptions {
  texts: CallTexts;
  icons: Icons;
  vibrate: number[];
  /** Is the page at this address one of the app, which tells of calls by itself? */
  isOfApp(address: string): boolean;
}

/** What our notifications carry. */
export interface CallData {
  carillon: 'ring' | 'missed' | 'over';
  callId: string;
  caller: string | null;
  /** Of one that rings. */
  ticket?: string;
  serverTime?: number;
  /** By our clock: when it should have stopped. */
  until?: number;
}

/** How long a page that is on screen may take to say that it rings. */
const PAGE_MS = 1_000;
/** A server that has not answered by then is overtaken by the bell; its answer may still silence it. */
const ANSWER_MS = 2_500;
/** How long words stay that nobody needs, but that a browser wants to see for each push. */
const OVER_MS = 4_000;
/** After the end of the ring by our count: by then the push that ends it should have come. */
const EXPIRE_MS = 3_000;
/** Calls whose end is remembered while the worker lives. */
const REMEMBERED = 64;

export class Notifier {
  readonly #scope: WorkerScope;
  readonly #tickets: Tickets;
  readonly #options: NotifierOptions;
  /** The last end of each call, by the server's clock: a ring of before, overtaken on its way, must stay silent. */
  readonly #over = new Map<string, { reason: EndReason | undefined; at: number }>();
  readonly #callers = new Map<string, string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(scope: WorkerScope, tickets: Tickets, options: NotifierOptions) {
    this.#scope = scope;
    this.#tickets = tickets;
    this.#options = options;
  }

  async handlePush(push: CallPush): Promise<void> {
    const others = this.#sweep(push.callId).catch(() => undefined);
    switch (push.type) {
      case 'call-started':
        await this.#ring(push);
        break;
      case 'end-call':
        await this.#end(push.callId, push.reason, push.serverTime);
        break;
      case 'missed-call':
        await this.#missed(push);
        break;
    }
    await others;
  }

  async decline(data: CallData): Promise<void> {
    this.#forget(data.callId);
    this.#note(data.callId, 'declined', data.serverTime ?? 0);
    const answer = await this.#tickets.decline(data.ticket ?? '');
    // Nobody would know otherwise, and think that it is done.
    if (!answer) await this.#show({ ...data, carillon: 'over' }, this.#options.texts.declineFailed(data.caller), {});
  }

  /** Taken away by the person, or answered by a click: it is no more ours to change. */
  handleGone({ callId }: CallData): void {
    this.#forget(callId);
  }

  // ------------------------------------------------------------------------------------------- the pushes

  async #ring(push: RingPush): Promise<void> {
    const { callId, ticket } = push;
    const received = Date.now();
    remember(this.#callers, callId, push.callerName);
    const told = this.#tickets.ringing(ticket);
    const inPage = this.#ringsInPage(callId);
    const soon = await Promise.race([told, after(ANSWER_MS, null)]);
    // By the clock it is too late, which only the server can say for sure: that is worth its time.
    const doubtful = !soon && !mayRing(push, received, this.#tickets.offsetMs);
    const first = doubtful ? await told : soon;
    const shown = await this.#decide(push, received, first, await inPage);
    if (first || !shown) return;
    // It rings on trust. The server may yet say that it should not.
    const late = await told;
    if (late && late.state !== 'ringing') await this.#end(callId, endOf(late), push.serverTime);
  }

  /** Answers whether it rings in a notification now. */
  async #decide(push: RingPush, received: number, answer: TicketAnswer | null, inPage: boolean): Promise<boolean> {
    const { callId, serverTime } = push;
    if (await this.#overtaken(push)) return false;
    if (answer && answer.state !== 'ringing') {
      await this.#end(callId, endOf(answer), serverTime);
      return false;
    }
    if (!answer && !mayRing(push, received, this.#tickets.offsetMs)) {
      await this.#end(callId, 'timeout', serverTime);
      return false;
    }
    if (inPage) return false; // The browser asks for no notification while a page is on screen.
    if (!(await this.#ringsAlready(push))) await this.#showRing(push);
    return !(await this.#overtaken(push));
  }

  /** The same push once more, since its service did not hear that it had arrived: one bell is enough. */
  async #ringsAlready({ callId, ticket }: RingPush): Promise<boolean> {
    const rings = (data: CallData | null): boolean => data?.carillon === 'ring' && data.ticket === ticket;
    return (await this.#shown(callId)).some((notification) => rings(dataOf(notification)));
  }

  /** Its end was faster than the ring, or than the answer. The same call may ring again later, and then it does. */
  async #overtaken({ callId, serverTime }: RingPush): Promise<boolean> {
    const over = this.#over.get(callId);
    if (!over || over.at < serverTime) return false;
    await this.#end(callId, over.reason, over.at);
    return true;
  }

  async #end(callId: string, reason: EndReason | undefined, at: number): Promise<void> {
    this.#forget(callId);
    this.#note(callId, reason, at);
    const shown = await this.#shown(callId);
    if (await this.#isOnScreen()) {
      for (const notification of shown) if (dataOf(notification)?.carillon === 'ring') notification.close();
      return;
    }
    const caller = this.#callerOf(callId, shown);
    if (isMissed(reason)) return this.#showMissed(callId, caller, at, shown);
    await this.#show({ carillon: 'over', callId, caller }, this.#options.texts.over(caller, reason), { silent: true });
    setTimeout(() => void this.#takeAway(callId).catch(() => undefined), OVER_MS);
  }

  async #missed({ callId, callerName, serverTime }: MissedPush): Promise<void> {
    this.#forget(callId);
    this.#note(callId, 'timeout', serverTime);
    const shown = await this.#shown(callId);
    if (await this.#isOnScreen()) {
      for (const notification of shown) notification.close();
      return;
    }
    await this.#showMissed(callId, callerName, serverTime, shown);
  }

  /** Rings whose end nobody told us, for the push that would have was lost. */
  async #sweep(except: string): Promise<void> {
    const now = Date.now();
    const shown = await this.#scope.registration.getNotifications({});
    for (const notification of shown) {
      const data = dataOf(notification);
      if (!data || data.carillon !== 'ring' || data.callId === except) continue;
      if ((data.until ?? 0) + EXPIRE_MS < now) await this.#expire(data);
    }
  }

  async #expire({ callId, ticket = '', serverTime = 0 }: CallData): Promise<void> {
    const rings = (await this.#shown(callId)).some((one) => dataOf(one)?.carillon === 'ring');
    if (!rings) return;
    const answer = await this.#tickets.state(ticket);
    if (answer?.state === 'ringing') return;
    await this.#end(callId, answer ? endOf(answer) : 'timeout', serverTime);
  }

  // ------------------------------------------------------------------------------------ what is on screen

  async #showRing(push: RingPush): Promise<void> {
    const { callId, callerName, media, ticket, serverTime } = push;
    const { texts, icons, vibrate } = this.#options;
    const leftMs = remainingMs(push, Date.now(), this.#tickets.offsetMs);
    const until = Date.now() + leftMs;
    const data: CallData = { carillon: 'ring', callId, caller: callerName, ticket, serverTime, until };
    await this.#show(data, texts.incoming(callerName, media), {
      renotify: true,
      requireInteraction: true,
      vibrate,
      actions: [
        { action: 'accept', title: texts.accept, icon: icons.accept },
        { action: 'decline', title: texts.decline, icon: icons.decline },
      ],
    });
    this.#forget(callId);
    // The worker may not live that long; then the push that ends the call, or the next one, does it.
    const timer = setTimeout(() => void this.#expire(data).catch(() => undefined), leftMs + EXPIRE_MS);
    this.#timers.set(callId, timer);
  }

  async #showMissed(
    callId: string,
    caller: string | null,
    at: number,
    before: readonly ShownNotification[],
  ): Promise<void> {
    // Whoever saw it ring, or has been told already, needs no second sound.
    const silent = before.length > 0;
    const timestamp = at - (this.#tickets.offsetMs ?? 0);
    const data: CallData = { carillon: 'missed', callId, caller };
    await this.#show(data, this.#options.texts.missed(caller), { silent, timestamp });
    await this.#scope.navigator?.setAppBadge?.().catch(() => undefined);
  }

  async #show(data: CallData, { title, body }: Words, more: Partial<CallNotificationOptions>): Promise<void> {
    const { icon, badge } = this.#options.icons;
    const plain = { body, tag: data.callId, data };
    const { registration } = this.#scope;
    try {
      await registration.showNotification(title, { ...plain, icon, badge, ...more });
    } catch {
      await registration.showNotification(title, plain); // Something in it this browser will not have.
    }
  }

  async #takeAway(callId: string): Promise<void> {
    for (const notification of await this.#shown(callId)) {
      if (dataOf(notification)?.carillon === 'over') notification.close();
    }
  }

  #shown(callId: string): Promise<readonly ShownNotification[]> {
    return this.#scope.registration.getNotifications({ tag: callId });
  }

  #callerOf(callId: string, shown: readonly ShownNotification[]): string | null {
    for (const notification of shown) {
      const caller = dataOf(notification)?.caller;
      if (caller) return caller;
    }
    return this.#callers.get(callId) ?? null;
  }

  async #visible(): Promise<WindowOfApp[]> {
    const windows = await this.#scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
    return windows.filter(({ url, visibilityState }) => visibilityState === 'visible' && this.#options.isOfApp(url));
  }

  /** Then the page tells it all, and a browser wants no notification. */
  async #isOnScreen(): Promise<boolean> {
    return (await this.#visible().catch(() => [])).length > 0;
  }

  /** Does a page that is on screen ring for this call? One that does not answer does not. */
  async #ringsInPage(callId: string): Promise<boolean> {
    const windows = await this.#visible().catch(() => []);
    if (windows.length === 0) return false;
    return Promise.race([
      new Promise<boolean>((resolve) => {
        for (const window of windows) {
          const { port1, port2 } = new this.#scope.MessageChannel();
          port1.onmessage = ({ data }) => {
            port1.close();
            if ((data as RingAnswer | null)?.rings === true) resolve(true);
          };
          const word: WorkerWord = { type: 'carillon-ring', callId };
          window.postMessage(word, [port2]);
        }
      }),
      after(PAGE_MS, false),
    ]);
  }

  /** The first reason stands, for the person has been told that one. */
  #note(callId: string, reason: EndReason | undefined, at: number): void {
    const known = this.#over.get(callId);
    if (!known || known.at < at) remember(this.#over, callId, { reason: known?.reason ?? reason, at });
  }

  #forget(callId: string): void {
    clearTimeout(this.#timers.get(callId));
    this.#timers.delete(callId);
  }
}

export function dataOf(notification: ShownNotification): CallData | null {
  const data = notification.data as Partial<CallData> | null | undefined;
  return data && typeof data === 'object' && 'carillon' in data ? (data as CallData) : null;
}

/** An answered call is over where it was not answered. Without a reason nobody took it. */
function endOf({ state, reason }: TicketAnswer): EndReason {
  return reason ?? (state === 'active' ? 'answered-elsewhere' : 'timeout');
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= REMEMBERED) break;
    map.delete(oldest);
  }
}

function after<T>(ms: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), ms));
}
