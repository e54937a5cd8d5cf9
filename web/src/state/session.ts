// Who is signed in, and the client that belongs to him: opens and closes the parts that join the SDK with the store, and
// routes what a person does to the one that it concerns. The words it says are in lib/, what follows from the state is in
// model.ts.
import { CarillonError, type CarillonClient, type NotificationClick } from 'carillon-sdk';
import { batch } from '@preact/signals';
import { tidyName, userIdFromName } from '../lib/names';
import { CurrentCall } from './current-call';
import { HistoryList } from './history';
import { Incoming } from './incoming';
import { mediaErrorWords, toggled, type HistoryFilter, type HomeTab, type Named } from './model';
import { Notices } from './notices';
import { OwnMedia } from './own-media';
import { People } from './people';
import { PushSwitch } from './push';
import { viewOfDevices } from './snapshot';
import { Standing } from './standing';
import { type Actions, type OpenDialog, type Store } from './store';
import { isPassing, signInWords } from './told';
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

/** Ms between attempts to reach a server that was not there when the page opened. */
const retry_first_ms = 500;
const retry_max_ms = 8_000;

export class Session implements Actions {
  readonly #store: Store;
  readonly #host: SessionHost;
  #client: CarillonClient | undefined;
  /** The first connection is not made yet. */
  #opening = false;
  /** Whoever was here before is being forgotten by the server. */
  #leaving: Promise<void> = Promise.resolve();
  readonly #notices: Notices;
  readonly #people: People;
  readonly #own: OwnMedia;
  readonly #current: CurrentCall;
  readonly #incoming: Incoming;
  readonly #history: HistoryList;
  readonly #push: PushSwitch;
  readonly #standing: Standing;

  constructor(store: Store, host: SessionHost) {
    this.#store = store;
    this.#host = host;
    const notices = (this.#notices = new Notices(store, host));
    const people = (this.#people = new People(store));
    const own = (this.#own = new OwnMedia(store, notices));
    const current = (this.#current = new CurrentCall(store, { people, notices, own }));
    this.#incoming = new Incoming(store, { people, notices, current });
    this.#history = new HistoryList(store, people);
    this.#push = new PushSwitch(store, host);
    this.#standing = new Standing(store, notices);
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
    for (const part of [this.#people, this.#current, this.#incoming, this.#history, this.#standing]) part.close();
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
    this.#listen(client);
    this.#current.open(client);
    this.#incoming.open(client, me);
    this.#push.open(client);
    this.#standing.open(client);
    this.#opening = true;
    if (!(await this.#connect(client)) || this.#client !== client) return;
    this.#opening = false;
    void client.devices.refresh().catch(() => undefined);
    this.#history.open(client.history);
    void this.#standing.load();
    await this.#people.open(client, me);
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

  #listen(client: CarillonClient): void {
    const store = this.#store;
    const mine = (): boolean => this.#client === client;
    client.on('state', (state, error) => {
      if (!mine()) return;
      switch (state) {
        case 'idle':
        case 'connecting':
          break;
        case 'connected':
          if (store.connection.value === 'reconnecting') this.#notices.say('Connected again.', false);
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
    client.on('notification', (click) => mine() && this.#clicked(click));
    client.devices.on('changed', () => {
      store.devices.value = viewOfDevices(client.devices);
    });
    client.devices.on('lost', (device) => {
      const words =
        device.kind === 'speaker' ? 'Your speaker was unplugged.' : mediaErrorWords('device-lost', device.kind);
      if (words) this.#notices.notify(words, 'warning');
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
    this.#current.close();
    void this.#push.close(); // Signed out is signed out: nothing rings here until the next time.
    batch(() => {
      store.connection.value = 'closed';
      store.incoming.value = [];
      store.call.value = null;
      store.dialog.value = null;
    });
    this.#notices.say('You were signed out by the server.', true);
  }

  // ---------------------------------------------------------------------------------------------- calls

  startCall(userIds: readonly string[], media: 'audio' | 'video'): Promise<void> {
    return this.#current.start(userIds, media);
  }

  async callAgain(): Promise<void> {
    const ended = this.#store.ended.value;
    if (!ended) return;
    await this.startCall(
      ended.people.map((one) => one.userId),
      ended.media,
    );
  }

  accept(callId: string, media: 'audio' | 'video'): Promise<void> {
    return this.#incoming.accept(callId, media);
  }

  decline(callId: string): Promise<void> {
    return this.#incoming.decline(callId);
  }

  async declineAndBlock(callId: string): Promise<void> {
    const caller = this.#store.incoming.value.find((one) => one.callId === callId)?.caller;
    await this.decline(callId);
    if (caller) await this.block(caller, true);
  }

  invite(userIds: readonly string[]): Promise<void> {
    return this.#current.invite(userIds);
  }

  hangUp(): Promise<void> {
    return this.#current.hangUp();
  }

  toggleMicrophone(): Promise<void> {
    return this.#own.toggle(this.#current.call?.local.microphone);
  }

  toggleCamera(): Promise<void> {
    return this.#own.toggle(this.#current.call?.local.camera);
  }

  toggleScreen(): Promise<void> {
    return this.#own.toggle(this.#current.call?.local.screen);
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
      this.#notices.notify('The call is over.', 'info', true);
    }
  }

  turnPush(on: boolean): Promise<void> {
    return this.#push.turn(on);
  }

  turnQuiet(on: boolean): Promise<void> {
    return this.#standing.turn(on);
  }

  block(who: Named, blocked: boolean): Promise<void> {
    return this.#standing.block(who, blocked);
  }

  nameOf(userId: string): string {
    return this.#people.nameOf(userId);
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
      if (words) this.#notices.notify(words, 'warning');
    }
  }

  dismiss(noticeId: number): void {
    this.#notices.dismiss(noticeId);
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
