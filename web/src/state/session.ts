// Joins the SDK with the store: events of the client become state, actions of the person become calls of the client.
// The words it says are in lib/, what follows from the state is in model.ts.
import {
  CarillonError,
  type CarillonErrorCode,
  type Call,
  type CarillonClient,
  type EndReason,
  type IncomingCall,
  type NotificationClick,
  type Presence,
} from 'carillon-sdk';
import { batch } from '@preact/signals';
import { endWords, type EndReason as AnyEndReason } from '../lib/reasons';
import { listNames, tidyName, userIdFromName } from '../lib/names';
import { spokenDuration } from '../lib/time';
import { HistoryList } from './history';
import {
  endReasonOf,
  isTold,
  mediaErrorWords,
  toggled,
  type HistoryFilter,
  type HomeTab,
  type Named,
  type ParticipantView,
} from './model';
import { PushSwitch } from './push';
import { Standing } from './standing';
import { betterName, viewOfCall, viewOfDevices, viewOfIncoming, viewOfWish, type NameOf } from './snapshot';
import { type Actions, type OpenDialog, type Store } from './store';
import { declinedLine, failureReason, failureWords, isPassing, leftLine, sentence, signInWords } from './told';
import { fetchDevToken } from './token';

/** What the session needs from the browser, so that tests can give it something else. */
export interface SessionHost {
  createClient(token: () => Promise<string>): CarillonClient;
  fetch: typeof fetch;
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Local clock, ms since the epoch; only until the server has told its own. */
  now(): number;
  wait(ms: number): Promise<void>;
  /** An iPhone or iPad whose browser has push only for pages on the home screen, and this page is not one. */
  readonly needsInstall: boolean;
  /** The page was opened for a call, by a click on its notification. */
  readonly opensCall: boolean;
}

const me_key = 'carillon.me';
/** Ms a notice stays: long enough to be read twice. */
const notice_ms = 8_000;

/** Ms between attempts to reach a server that was not there when the page opened. */
const retry_first_ms = 500;
const retry_max_ms = 8_000;

/** A call of this page, and what only this page knows of it. */
interface Current {
  readonly call: Call;
  byMe: boolean;
  everTold: boolean;
}

export class Session implements Actions {
  readonly #store: Store;
  readonly #host: SessionHost;
  #client: CarillonClient | undefined;
  #presence: Presence | undefined;
  /** Names learned from presence and calls, by user id. */
  readonly #names = new Map<string, string>();
  readonly #nameOf: NameOf = betterName(this.#names);
  #current: Current | undefined;
  /** Grows with each wish to call, so that a canceled one is known when the server's answer comes. */
  #wish = 0;
  readonly #declinedByMe = new Set<string>();
  #notice = 0;
  /** The first connection is not made yet. */
  #opening = false;
  readonly #history: HistoryList;
  readonly #push: PushSwitch;
  readonly #standing: Standing;
  /** Whoever was here before is being forgotten by the server. */
  #leaving: Promise<void> = Promise.resolve();

  constructor(store: Store, host: SessionHost) {
    this.#store = store;
    this.#host = host;
    this.#history = new HistoryList(store, this.#nameOf);
    this.#push = new PushSwitch(store, host);
    this.#standing = new Standing(store, {
      notify: (text, tone) => this.#notify(text, tone),
      say: (text, urgent) => this.#say(text, urgent),
    });
  }

  /** Signs in again whoever was signed in when the page was closed. */
  restore(): void {
    const saved = parseNamed(this.#host.storage.getItem(me_key));
    this.#store.opensCall.value = saved !== null && this.#host.opensCall;
    if (saved) void this.#open(saved);
  }

  /** The server's clock. */
  now(): number {
    return this.#client?.serverNow() ?? this.#host.now();
  }

  // ------------------------------------------------------------------------------------------- signing in

  async signIn(name: string): Promise<void> {
    const tidy = tidyName(name);
    const userId = userIdFromName(tidy);
    if (userId === '') {
      this.#store.signIn.value = { busy: false, error: 'Please write a name with at least one letter or digit.' };
      return;
    }
    const me = { userId, name: tidy };
    this.#store.signIn.value = { busy: true, error: null };
    try {
      // Asked for here, so that a refusal is told on this page; the client asks anew for each connection.
      await fetchDevToken(this.#host.fetch, me);
    } catch (error) {
      this.#store.signIn.value = { busy: false, error: signInWords(error) };
      return;
    }
    this.#store.signIn.value = { busy: false, error: null };
    this.#host.storage.setItem(me_key, JSON.stringify(me));
    await this.#open(me);
  }

  signOut(): void {
    this.#host.storage.removeItem(me_key);
    const client = this.#client;
    this.#client = undefined;
    this.#presence = undefined;
    this.#current = undefined;
    ++this.#wish;
    this.#history.close();
    this.#standing.close();
    this.#leave(client);
    const store = this.#store;
    batch(() => {
      store.me.value = null;
      store.connection.value = 'connecting';
      store.people.value = [];
      store.selected.value = new Set();
      store.incoming.value = [];
      store.call.value = null;
      store.ended.value = null;
      store.notices.value = [];
      store.dialog.value = null;
      store.tab.value = 'people';
      store.opensCall.value = false;
    });
  }

  /** Nobody's calls ring here any more: for that the server has to be told before the connection ends. */
  #leave(client: CarillonClient | undefined): void {
    if (client?.pushState !== 'on') {
      client?.disconnect();
      return;
    }
    const told = this.#push.close().then(() => client.disconnect());
    this.#leaving = told;
  }

  async #open(me: Named): Promise<void> {
    const store = this.#store;
    batch(() => {
      store.me.value = me;
      store.connection.value = 'connecting';
    });
    await this.#leaving;
    if (store.me.value !== me) return;
    const client = this.#host.createClient(() => fetchDevToken(this.#host.fetch, me));
    this.#client = client;
    this.#listen(client, me);
    this.#push.open(client);
    this.#standing.open(client);
    this.#opening = true;
    if (!(await this.#connect(client)) || this.#client !== client) return;
    this.#opening = false;
    void client.devices.refresh().catch(() => undefined);
    this.#history.open(client.history);
    void this.#standing.load();
    await this.#watchPresence(client, me);
  }

  /** Answers false when it is over, and told. A server that does not answer is asked again; one that refuses is not. */
  async #connect(client: CarillonClient): Promise<boolean> {
    for (let wait = retry_first_ms; ; wait = Math.min(wait * 2, retry_max_ms)) {
      try {
        await client.connect();
        return true;
      } catch (error) {
        if (this.#client !== client) return false;
        if (!isPassing(error)) {
          this.#closed(error instanceof CarillonError ? error : null);
          return false;
        }
        this.#store.connection.value = 'unreachable';
        await this.#host.wait(wait);
        if (this.#client !== client) return false;
      }
    }
  }

  #listen(client: CarillonClient, me: Named): void {
    const store = this.#store;
    const mine = (): boolean => this.#client === client;
    client.on('state', (state, error) => {
      if (!mine()) return;
      switch (state) {
        case 'idle':
        case 'connecting':
          break;
        case 'connected':
          if (store.connection.value === 'reconnecting') this.#say('Connected again.', false);
          store.connection.value = 'online';
          store.opensCall.value = false; // What the page was opened for has been told by now, if there was anything.
          break;
        case 'reconnecting':
          store.connection.value = 'reconnecting';
          break;
        case 'closed':
          // While the first connection is tried, connect() rejects with the same error and more is known there.
          if (!this.#opening) this.#closed(error);
          break;
      }
    });
    client.on('reconnect-scheduled', () => {
      if (mine() && store.connection.value === 'connecting') store.connection.value = 'unreachable';
    });
    client.on('incoming', (incoming) => mine() && this.#ring(incoming, me));
    // A call that this page asked for is adopted by startCall(), which knows whether it is still wanted.
    client.on('call', (call) => mine() && !call.outgoing && this.#adopt(call));
    client.on('notification', (click) => mine() && this.#clicked(click));
    client.devices.on('changed', () => {
      store.devices.value = viewOfDevices(client.devices);
    });
    client.devices.on('lost', (device) => {
      const words =
        device.kind === 'speaker' ? 'Your speaker was unplugged.' : mediaErrorWords('device-lost', device.kind);
      if (words) this.#notify(words, 'warning');
    });
  }

  #closed(error: CarillonError | null): void {
    // No error: we closed it ourselves, as the SDK does when the page goes. That is no reason to forget who was here.
    if (error === null) return;
    const store = this.#store;
    if (error.code === 'unauthorized' || error.code === 'token-failed') {
      this.signOut();
      store.signIn.value = { busy: false, error: signInWords(error) };
      return;
    }
    this.#host.storage.removeItem(me_key);
    this.#current = undefined;
    void this.#push.close(); // Signed out is signed out: nothing rings here until the next time.
    batch(() => {
      store.connection.value = 'closed';
      store.incoming.value = [];
      store.call.value = null;
      store.dialog.value = null;
    });
    this.#say('You were signed out by the server.', true);
  }

  // --------------------------------------------------------------------------------------------- presence

  async #watchPresence(client: CarillonClient, me: Named): Promise<void> {
    let presence: Presence;
    try {
      presence = await client.watchPresence();
    } catch {
      this.#store.presenceKnown.value = false; // the server keeps it to itself: calling by name still works
      return;
    }
    if (this.#client !== client) return;
    this.#store.presenceKnown.value = true;
    if (this.#presence !== presence) {
      this.#presence = presence;
      const show = (): void => {
        // A server that was just started knows those who are away by their id only; we may know better.
        for (const user of presence.users) this.#names.set(user.userId, this.#nameOf(user.userId, user.name));
        this.#store.people.value = presence.users
          .filter((user) => user.userId !== me.userId)
          .map((user) => ({ userId: user.userId, name: this.#nameOf(user.userId, user.name), devices: user.devices }));
      };
      presence.on('changed', show);
      presence.on('reset', show);
      show();
    }
  }

  // -------------------------------------------------------------------------------------------- incoming

  #ring(incoming: IncomingCall, me: Named): void {
    const store = this.#store;
    this.#names.set(incoming.caller.userId, this.#nameOf(incoming.caller.userId, incoming.caller.name));
    const since = this.now();
    const view = viewOfIncoming(incoming, me.userId, this.#nameOf, since);
    const others = (): typeof store.incoming.value =>
      store.incoming.value.filter((one) => one.callId !== incoming.callId);
    batch(() => {
      store.incoming.value = [...others(), view];
      store.ended.value = null;
      store.now.value = since;
    });
    const video = view.media === 'video' ? 'video ' : '';
    const group = view.others.length > 0 ? ` with ${listNames(view.others.map((one) => one.name))}` : '';
    this.#say(`${view.caller.name} calls you, ${video}call${group}. Press Enter to answer, Escape to decline.`, true);

    incoming.on('state', () => {
      if (incoming.state !== 'accepting' && incoming.state !== 'ringing') return;
      store.incoming.value = store.incoming.value.map((one) =>
        one.callId === incoming.callId ? { ...one, accepting: incoming.state === 'accepting' } : one,
      );
    });
    incoming.on('accepted', () => {
      store.incoming.value = others();
    });
    incoming.on('ended', (reason) => {
      store.incoming.value = others();
      this.#incomingEnded(view.caller, view.media, reason, incoming.callId);
    });
  }

  #incomingEnded(caller: Named, media: 'audio' | 'video', reason: EndReason, callId: string): void {
    const store = this.#store;
    const byMe = this.#declinedByMe.delete(callId);
    const words = endWords({ reason, names: [caller.name], outgoing: false, connected: false, byMe });
    const missed = reason === 'timeout' || reason === 'canceled';
    this.#say(sentence(words), true);
    // What one decided oneself, here or on another device, needs no page of its own.
    const small = byMe || reason === 'answered-elsewhere' || reason === 'declined-elsewhere' || reason === 'declined';
    if (small || store.call.value || store.incoming.value.length > 0) {
      this.#notify(missed ? `Missed call from ${caller.name}.` : sentence(words), 'info', true);
    } else {
      store.ended.value = { words, reason, people: [caller], media, lastedMs: null };
    }
  }

  async accept(callId: string, media: 'audio' | 'video'): Promise<void> {
    const incoming = this.#client?.incoming.find((one) => one.callId === callId);
    if (!incoming) return;
    const current = this.#current;
    if (current) {
      current.byMe = true;
      this.#current = undefined;
      void current.call.leave();
      this.#store.call.value = null;
    }
    try {
      await incoming.accept({ audio: true, video: media === 'video' });
    } catch (error) {
      if (incoming.state !== 'ended') this.#notify(`The call could not be answered. ${failureWords(error)}`, 'warning');
    }
  }

  async decline(callId: string): Promise<void> {
    const incoming = this.#client?.incoming.find((one) => one.callId === callId);
    if (!incoming) return;
    this.#declinedByMe.add(callId);
    try {
      await incoming.decline(this.#current ? 'busy' : 'declined');
    } catch (error) {
      this.#declinedByMe.delete(callId);
      this.#notify(`The call could not be declined. ${failureWords(error)}`, 'warning');
    }
  }

  // ----------------------------------------------------------------------------------------------- a call

  async startCall(userIds: readonly string[], media: 'audio' | 'video'): Promise<void> {
    const client = this.#client;
    const store = this.#store;
    if (!client || userIds.length === 0 || store.call.value) return;
    const people = userIds.map((userId) => ({ userId, name: this.#nameOf(userId) }));
    const wish = ++this.#wish;
    batch(() => {
      store.ended.value = null;
      store.selected.value = new Set();
      store.call.value = viewOfWish(people, media);
    });
    this.#say(`Calling ${listNames(people.map((one) => one.name))}.`, false);
    try {
      const call = await client.startCall({ callees: [...userIds], media, video: media === 'video' });
      if (wish === this.#wish) this.#adopt(call);
      else void call.leave();
    } catch (error) {
      if (wish !== this.#wish || this.#current) return;
      const wait = error instanceof CarillonError ? error.retryAfterMs : undefined;
      this.#showEnd(failureReason(error), people, media, null, true, false, wait);
    }
  }

  /** Shows a call of this device, however it came to be. */
  #adopt(call: Call): void {
    if (this.#current?.call === call) return;
    const store = this.#store;
    const current: Current = { call, byMe: false, everTold: false };
    this.#current = current;
    const mine = (): boolean => this.#current === current;
    const show = (): void => {
      if (!mine()) return;
      if (call.participants.some(isTold)) current.everTold = true;
      store.call.value = viewOfCall(call, this.#nameOf);
    };
    const name = (p: { userId: string; name: string }): string => this.#nameOf(p.userId, p.name);
    call.on('state', show);
    call.on('ringing', show);
    call.on('participant-changed', show);
    call.on('track', show);
    call.on('track-removed', show);
    call.on('active-speaker', show);
    call.on('quality', show);
    call.on('local-quality', show);
    call.on('local', show);
    call.on('accepted', (p) => {
      current.everTold = true;
      show();
      if (mine()) this.#say(`${name(p)} answered.`, true);
    });
    call.on('declined', (p, reason) => {
      current.everTold = true;
      show();
      if (mine() && call.participants.length > 1) this.#notify(declinedLine(name(p), reason), 'info');
    });
    call.on('participant-joined', (p) => {
      show();
      if (mine() && call.participants.length > 1) this.#say(`${name(p)} is in the call.`, false);
    });
    call.on('participant-left', (p, reason) => {
      show();
      if (mine() && call.participants.length > 1) this.#notify(leftLine(name(p), reason), 'info');
    });
    call.on('participant-reconnecting', (p) => {
      show();
      if (mine()) this.#say(`${name(p)} is reconnecting.`, false);
    });
    call.on('media-error', (error, source) => {
      show();
      if (mine()) this.#mediaFailed(error.code, source?.source ?? null);
    });
    call.on('ended', (reason) => this.#callEnded(current, reason));
    if (call.state === 'ended') {
      this.#callEnded(current, call.endReason ?? 'failed');
      return;
    }
    batch(() => {
      store.ended.value = null;
      show();
    });
  }

  #callEnded(current: Current, reason: EndReason): void {
    if (this.#current !== current) return;
    this.#current = undefined;
    const view = viewOfCall(current.call, this.#nameOf);
    const real = endReasonOf(reason, view, current.everTold);
    const { startedAt } = current.call;
    const lasted = startedAt === null ? null : Math.max(0, this.now() - startedAt);
    this.#showEnd(real, view.participants, view.media, lasted, view.outgoing, current.byMe);
  }

  #showEnd(
    reason: AnyEndReason,
    people: readonly (Named & Partial<ParticipantView>)[],
    media: 'audio' | 'video',
    lastedMs: number | null,
    outgoing: boolean,
    byMe: boolean,
    retryAfterMs?: number,
  ): void {
    const store = this.#store;
    const named = people.map(({ userId, name }) => ({ userId, name }));
    const words = endWords({
      reason,
      names: named.map((one) => one.name),
      outgoing,
      connected: lastedMs !== null,
      byMe,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
    batch(() => {
      store.call.value = null;
      store.dialog.value = null;
      store.notices.value = store.notices.value.filter((one) => one.tone === 'info'); // what was to be mended is over
      store.ended.value = { words, reason, people: named, media, lastedMs };
    });
    const lasted = lastedMs === null ? '' : ` It lasted ${spokenDuration(lastedMs)}.`;
    this.#say(`${sentence(words)}${lasted}`, true);
  }

  async hangUp(): Promise<void> {
    const current = this.#current;
    if (current) {
      current.byMe = true;
      await current.call.leave();
      return;
    }
    const wish = this.#store.call.value;
    if (!wish) return;
    ++this.#wish;
    this.#showEnd('canceled', wish.participants, wish.media, null, true, true);
  }

  async toggleMicrophone(): Promise<void> {
    const microphone = this.#current?.call.local.microphone;
    if (!microphone) return;
    await this.#attempt(async () => {
      if (!microphone.enabled) {
        await microphone.enable();
        this.#say('Microphone on.', false);
      } else if (microphone.muted) {
        await microphone.unmute();
        this.#say('Microphone on.', false);
      } else {
        await microphone.mute();
        this.#say('Microphone off.', false);
      }
    }, 'microphone');
  }

  async toggleCamera(): Promise<void> {
    const camera = this.#current?.call.local.camera;
    if (!camera) return;
    await this.#attempt(async () => {
      const on = camera.enabled;
      await (on ? camera.disable() : camera.enable());
      this.#say(on ? 'Camera off.' : 'Camera on.', false);
    }, 'camera');
  }

  async toggleScreen(): Promise<void> {
    const screen = this.#current?.call.local.screen;
    if (!screen) return;
    await this.#attempt(async () => {
      const on = screen.enabled;
      await (on ? screen.disable() : screen.enable({ audio: true }));
      this.#say(on ? 'You stopped sharing your screen.' : 'You share your screen.', false);
    }, 'screen');
  }

  /** Errors of devices come as `media-error` of the call when they come by themselves, and here when asked for. */
  async #attempt(work: () => Promise<void>, source: 'microphone' | 'camera' | 'screen'): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#mediaFailed(error instanceof CarillonError ? error.code : 'media-failed', source);
    }
  }

  /** One notice where the camera and the microphone fail for the same reason, as they do when the browser forbids both. */
  #mediaFailed(code: CarillonErrorCode, source: 'microphone' | 'camera' | 'screen' | null): void {
    const words = mediaErrorWords(code, source);
    if (!words) return;
    const both = mediaErrorWords(code, 'both') ?? words;
    const other = source === 'camera' ? 'microphone' : source === 'microphone' ? 'camera' : null;
    const shown = this.#store.notices.value;
    const pair = other && shown.find((one) => one.text === mediaErrorWords(code, other));
    if (pair) this.dismiss(pair.id);
    this.#notify(pair || (other && shown.some((one) => one.text === both)) ? both : words, 'warning');
  }

  async invite(userIds: readonly string[]): Promise<void> {
    const call = this.#current?.call;
    if (!call || userIds.length === 0) return;
    try {
      await call.invite([...userIds]);
      this.#say(`Calling ${listNames(userIds.map((id) => this.#nameOf(id)))}.`, false);
    } catch (error) {
      this.#notify(`Nobody was added. ${failureWords(error)}`, 'warning');
    }
  }

  // ----------------------------------------------------------------------- notifications, and calls of before

  /** Somebody has clicked what the service worker showed. */
  #clicked({ action, call }: NotificationClick): void {
    if (action === 'history') {
      this.#store.ended.value = null;
      this.showTab('calls');
    } else if (call) {
      if (action === 'accept') void this.accept(call.callId, call.media);
    } else {
      this.#notify('The call is over.', 'info', true);
    }
  }

  async turnPush(on: boolean): Promise<void> {
    await this.#push.turn(on);
  }

  async turnQuiet(on: boolean): Promise<void> {
    await this.#standing.turn(on);
  }

  async block(who: Named, blocked: boolean): Promise<void> {
    await this.#standing.block(who, blocked);
  }

  async declineAndBlock(callId: string): Promise<void> {
    const caller = this.#store.incoming.value.find((one) => one.callId === callId)?.caller;
    await this.decline(callId);
    if (caller) await this.block(caller, true);
  }

  nameOf(userId: string): string {
    return this.#nameOf(userId);
  }

  showTab(tab: HomeTab): void {
    this.#store.tab.value = tab;
  }

  filterHistory(filter: HistoryFilter): void {
    this.#history.filter(filter);
  }

  moreHistory(): void {
    void this.#history.more();
  }

  historySeen(): void {
    this.#history.seen();
  }

  historyLeft(): void {
    this.#history.left();
  }

  // ------------------------------------------------------------------------------------------- small things

  toggleSelected(userId: string): void {
    this.#store.selected.value = toggled(this.#store.selected.value, userId);
  }

  clearSelected(): void {
    this.#store.selected.value = new Set();
  }

  closeEnded(): void {
    this.#store.ended.value = null;
  }

  async callAgain(): Promise<void> {
    const ended = this.#store.ended.value;
    if (!ended) return;
    await this.startCall(
      ended.people.map((one) => one.userId),
      ended.media,
    );
  }

  openDialog(dialog: OpenDialog): void {
    this.#store.dialog.value = dialog;
    if (dialog === 'devices') void this.#client?.devices.refresh().catch(() => undefined);
  }

  async selectDevice(kind: 'camera' | 'microphone' | 'speaker', deviceId: string | null): Promise<void> {
    try {
      await this.#client?.devices.select(kind, deviceId);
    } catch (error) {
      const words =
        kind === 'speaker'
          ? 'This speaker could not be used.'
          : mediaErrorWords(error instanceof CarillonError ? error.code : 'media-failed', kind);
      if (words) this.#notify(words, 'warning');
    }
  }

  dismiss(noticeId: number): void {
    this.#store.notices.value = this.#store.notices.value.filter((one) => one.id !== noticeId);
  }

  #notify(text: string, tone: 'info' | 'warning', end = false): void {
    const store = this.#store;
    if (store.notices.value.some((one) => one.text === text)) {
      this.#say(text, false);
      return;
    }
    const id = ++this.#notice;
    store.notices.value = [...store.notices.value.slice(-2), { id, tone, text, end }];
    this.#say(text, false);
    // A warning asks for something to be done, so it stays until the person has closed it.
    if (tone === 'info') void this.#host.wait(notice_ms).then(() => this.dismiss(id));
  }

  #say(text: string, urgent: boolean): void {
    this.#store.announcement.value = { text, urgent };
  }
}

function parseNamed(text: string | null): Named | null {
  try {
    const value: unknown = JSON.parse(text ?? 'null');
    return isNamed(value) ? { userId: value.userId, name: value.name } : null;
  } catch {
    return null;
  }
}

function isNamed(value: unknown): value is Named {
  if (typeof value !== 'object' || value === null) return false;
  const { userId, name } = value as { userId?: unknown; name?: unknown };
  return typeof userId === 'string' && userId !== '' && typeof name === 'string';
}
