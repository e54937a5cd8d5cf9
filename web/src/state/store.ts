// The state of the app, as signals: set by the session, read by the pages.
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import {
  screenOf,
  type CallView,
  type Connection,
  type DevicesView,
  type EndedView,
  type HistoryFilter,
  type HistoryView,
  type HomeTab,
  type IncomingView,
  type Named,
  type Notice,
  type Person,
  type PushView,
  type Screen,
} from './model';

/** `blocked`: all whom this person has blocked; a person: block this one, or no longer. */
export type OpenDialog = 'devices' | 'add-people' | 'shortcuts' | 'blocked' | Named | null;

export interface SignInState {
  readonly busy: boolean;
  readonly error: string | null;
}

export interface Announcement {
  readonly text: string;
  /** Interrupts what is being read: a call rings, a call has ended. */
  readonly urgent: boolean;
}

export interface Store {
  readonly me: Signal<Named | null>;
  readonly signIn: Signal<SignInState>;
  readonly connection: Signal<Connection>;
  /** False: the server does not tell who is online. */
  readonly presenceKnown: Signal<boolean>;
  readonly people: Signal<readonly Person[]>;
  readonly selected: Signal<ReadonlySet<string>>;
  readonly incoming: Signal<readonly IncomingView[]>;
  readonly call: Signal<CallView | null>;
  readonly ended: Signal<EndedView | null>;
  readonly history: Signal<HistoryView>;
  /** Missed calls that were not read. */
  readonly unread: Signal<number>;
  readonly push: Signal<PushView>;
  /** Do not disturb, as the server has it. */
  readonly quiet: Signal<{ readonly on: boolean; readonly busy: boolean }>;
  /** User ids. */
  readonly blocked: Signal<ReadonlySet<string>>;
  /** Server time at which the server stops; null: it does not. */
  readonly drainingUntil: Signal<number | null>;
  readonly tab: Signal<HomeTab>;
  /** The page was opened for a call, and does not know yet whether that still rings. */
  readonly opensCall: Signal<boolean>;
  readonly notices: Signal<readonly Notice[]>;
  readonly devices: Signal<DevicesView>;
  readonly dialog: Signal<OpenDialog>;
  readonly announcement: Signal<Announcement>;
  /** The browser waits for a touch before it lets the ringtone sound. */
  readonly soundBlocked: Signal<boolean>;
  /** The server's clock, ms since the epoch; moves while something on the page counts. */
  readonly now: Signal<number>;
  readonly screen: ReadonlySignal<Screen>;
}

export const no_history: HistoryView = {
  filter: 'all',
  state: 'loading',
  calls: [],
  older: 'none',
  fresh: new Set(),
};

export function createStore(now: number): Store {
  const me = signal<Named | null>(null);
  const connection = signal<Connection>('connecting');
  const incoming = signal<readonly IncomingView[]>([]);
  const call = signal<CallView | null>(null);
  const ended = signal<EndedView | null>(null);
  return {
    me,
    signIn: signal<SignInState>({ busy: false, error: null }),
    connection,
    presenceKnown: signal(true),
    people: signal<readonly Person[]>([]),
    selected: signal<ReadonlySet<string>>(new Set()),
    incoming,
    call,
    ended,
    history: signal<HistoryView>(no_history),
    unread: signal(0),
    push: signal<PushView>({ state: 'off', busy: false, problem: null, needsInstall: false }),
    quiet: signal({ on: false, busy: false }),
    blocked: signal<ReadonlySet<string>>(new Set()),
    drainingUntil: signal<number | null>(null),
    tab: signal<HomeTab>('people'),
    opensCall: signal(false),
    notices: signal<readonly Notice[]>([]),
    devices: signal<DevicesView>({
      cameras: [],
      microphones: [],
      speakers: [],
      selected: { camera: null, microphone: null, speaker: null },
      canSelectSpeaker: false,
      canShareScreen: false,
    }),
    dialog: signal<OpenDialog>(null),
    announcement: signal<Announcement>({ text: '', urgent: false }),
    soundBlocked: signal(false),
    now: signal(now),
    screen: computed(() =>
      screenOf({
        signedIn: me.value !== null,
        connection: connection.value,
        incoming: incoming.value.length,
        call: call.value,
        ended: ended.value !== null,
      }),
    ),
  };
}

/** What the pages can ask for. The session does it; the gallery ignores it. */
export interface Actions {
  signIn(name: string): Promise<void>;
  signOut(): void;
  toggleSelected(userId: string): void;
  clearSelected(): void;
  startCall(userIds: readonly string[], media: 'audio' | 'video'): Promise<void>;
  /** Also from within a call: that one ends first. */
  accept(callId: string, media: 'audio' | 'video'): Promise<void>;
  decline(callId: string): Promise<void>;
  hangUp(): Promise<void>;
  toggleMicrophone(): Promise<void>;
  toggleCamera(): Promise<void>;
  toggleScreen(): Promise<void>;
  invite(userIds: readonly string[]): Promise<void>;
  closeEnded(): void;
  callAgain(): Promise<void>;
  openDialog(dialog: OpenDialog): void;
  selectDevice(kind: 'camera' | 'microphone' | 'speaker', deviceId: string | null): Promise<void>;
  dismiss(noticeId: number): void;
  showTab(tab: HomeTab): void;
  filterHistory(filter: HistoryFilter): void;
  /** The next page, or the first once more if there is none. */
  moreHistory(): void;
  /** The person sees the list. */
  historySeen(): void;
  historyLeft(): void;
  /** From a click: the browser may ask for permission. */
  turnPush(on: boolean): Promise<void>;
  turnQuiet(on: boolean): Promise<void>;
  block(who: Named, blocked: boolean): Promise<void>;
  /** A call that rings; whoever calls is told that it was declined, and nothing of the block. */
  declineAndBlock(callId: string): Promise<void>;
  /** By whichever name is known. */
  nameOf(userId: string): string;
}
