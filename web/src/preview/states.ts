// Every state of the app by name, for the gallery: each is set into a store, and the real pages draw it.
import type { LocalSource, RemoteTrack } from 'carillon-sdk';
import { endWords, type EndFacts } from '../lib/reasons';
import {
  mediaErrorWords,
  type CallView,
  type HistoryView,
  type IncomingView,
  type ListedCall,
  type Named,
  type ParticipantView,
  type Person,
  type SourceView,
} from '../state/model';
import { pushProblem } from '../lib/push-words';
import { no_history, type Store } from '../state/store';
import { drawnTrack } from './portraits';

/** The gallery's clock: a moment that does not move, so that pictures can be compared. */
export const frozen_now = Date.UTC(2026, 2, 14, 18, 30);

const me: Named = { userId: 'ines-ferreira', name: 'Inês Ferreira' };
const ben: Named = { userId: 'ben-okafor', name: 'Ben Okafor' };
const mara: Named = { userId: 'mara-lindqvist', name: 'Mara Lindqvist' };
const yusuf: Named = { userId: 'yusuf-demir', name: 'Yusuf Demir' };
const joan: Named = { userId: 'joan-whitfield', name: 'Joan Whitfield' };
const noor: Named = { userId: 'noor', name: 'نور الهدى' };
const html: Named = { userId: 'img-src-x', name: '<img src=x onerror=alert(1)>' };
const long: Named = {
  userId: 'adalbert-long',
  name: 'Adalbert Maximilian Konstantin von Hohenstein-Wackerbarth zu Unterlangenfeld',
};

const people: readonly Person[] = [
  { ...ben, devices: 2 },
  { ...mara, devices: 1 },
  { ...yusuf, devices: 1 },
  { ...noor, devices: 1 },
  { ...html, devices: 1 },
  { ...long, devices: 0 },
  { ...joan, devices: 0 },
];

const everybody = [me, ben, mara, yusuf, joan, noor, html, long];
export const nameOf = (userId: string): string => everybody.find((one) => one.userId === userId)?.name ?? userId;

const ignored = (): Promise<void> => Promise.resolve();

function remote(who: number | 'slide', source: 'camera' | 'screen'): RemoteTrack {
  return {
    ...drawnTrack(who, who === 'slide' ? 1280 : 960, 720),
    id: `${source}-${who}`,
    kind: 'video',
    source,
    track: null as never,
    muted: false,
    setPreferredLayers: ignored,
    setEnabled: ignored,
  };
}

function local(
  state: SourceView['state'],
  options: { muted?: boolean; error?: SourceView['error']; who?: number } = {},
): SourceView {
  const source =
    options.who === undefined ? null : ({ ...drawnTrack(options.who), track: null } as unknown as LocalSource);
  return { state, muted: options.muted ?? false, error: options.error ?? null, source };
}

function participant(who: Named, rest: Partial<ParticipantView> = {}): ParticipantView {
  return {
    ...who,
    state: 'joined',
    ringing: null,
    endReason: null,
    muted: false,
    cameraOn: false,
    speaking: false,
    quality: 'good',
    camera: null,
    screen: null,
    audio: [],
    ...rest,
  };
}

function seen(who: Named, face: number, rest: Partial<ParticipantView> = {}): ParticipantView {
  return participant(who, { camera: remote(face, 'camera'), cameraOn: true, ...rest });
}

function call(participants: readonly ParticipantView[], rest: Partial<CallView> = {}): CallView {
  return {
    id: 'call-1',
    media: 'video',
    outgoing: true,
    state: 'active',
    startedAt: frozen_now - 754_000,
    ringUntil: null,
    participants,
    activeSpeaker: null,
    speaking: false,
    microphone: local('on'),
    camera: local('on', { who: 2 }),
    screen: local('off'),
    quality: 'good',
    ...rest,
  };
}

function outgoing(participants: readonly ParticipantView[], rest: Partial<CallView> = {}): CallView {
  return call(participants, {
    state: 'ringing',
    startedAt: null,
    ringUntil: frozen_now + 24_000,
    camera: local('off'),
    ...rest,
  });
}

function incoming(rest: Partial<IncomingView> = {}): IncomingView {
  return {
    callId: 'in-1',
    caller: ben,
    others: [],
    media: 'video',
    ringUntil: frozen_now + 21_300,
    since: frozen_now - 8_700,
    accepting: false,
    ...rest,
  };
}

const ringing = (devices: number): Partial<ParticipantView> => ({
  state: 'ringing',
  ringing: { devices, via: 'socket', state: 'ringing' },
});

function ended(
  store: Store,
  who: readonly Named[],
  facts: Omit<EndFacts, 'names'>,
  lastedMs: number | null = null,
): void {
  store.ended.value = {
    words: endWords({ ...facts, names: who.map((one) => one.name) }),
    reason: facts.reason,
    people: who,
    media: 'video',
    lastedMs,
  };
}

function home(store: Store): void {
  store.me.value = me;
  store.connection.value = 'online';
  store.people.value = people;
  store.push.value = { ...store.push.value, state: 'on' };
  history(store, calls.slice(0, 6));
}

const minute = 60_000;
const hour = 60 * minute;

/** What became of one in the list. The first is the latest. */
function listed(
  callId: string,
  ago: number,
  who: readonly Named[],
  rest: Partial<ListedCall> & Pick<ListedCall, 'reason'>,
): ListedCall {
  const facts = { media: 'video', outgoing: false, missed: false, lastedMs: null } as const;
  return { callId, people: who, startedAt: frozen_now - ago, ...facts, ...rest };
}

const calls: readonly ListedCall[] = [
  listed('h1', 12 * minute, [mara], { reason: 'timeout', missed: true }),
  listed('h2', 48 * minute, [noor], { reason: 'canceled', missed: true, media: 'audio' }),
  listed('h3', 3 * hour, [ben], { reason: 'hangup', outgoing: true, media: 'audio', lastedMs: 754_000 }),
  listed('h4', 5 * hour, [yusuf, mara, ben], { reason: 'hangup', lastedMs: 2_472_000 }),
  listed('h5', 26 * hour, [html], { reason: 'declined-elsewhere', media: 'audio' }),
  listed('h6', 27 * hour, [long], { reason: 'timeout', outgoing: true }),
  listed('h7', 28 * hour, [joan, noor, long, yusuf], { reason: 'canceled', missed: true }),
  listed('h8', 30 * hour, [ben], { reason: 'disconnected', outgoing: true, lastedMs: 61_000 }),
  listed('h9', 75 * hour, [yusuf], { reason: 'busy', outgoing: true, media: 'audio' }),
  listed('h10', 76 * hour, [mara], { reason: 'answered-elsewhere', media: 'audio' }),
  listed('h11', 300 * hour, [joan], { reason: 'hangup', lastedMs: 5_041_000, media: 'audio' }),
  listed('h12', 9_000 * hour, [ben], { reason: 'failed', outgoing: true }),
];

function history(store: Store, shown: readonly ListedCall[], rest: Partial<HistoryView> = {}): void {
  store.history.value = { ...no_history, state: 'ready', calls: shown, ...rest };
}

const answered = { outgoing: true, connected: true, byMe: false };
const unanswered = { outgoing: true, connected: false, byMe: false };
const rung = { outgoing: false, connected: false, byMe: false };

export const states: { readonly [name: string]: (store: Store) => void } = {
  'sign-in': () => undefined,
  'sign-in-error': (s) => {
    s.signIn.value = { busy: false, error: 'The server cannot be reached. Check your connection and try again.' };
  },
  home,
  'home-selected': (s) => {
    home(s);
    s.selected.value = new Set(['ben-okafor', 'mara-lindqvist', 'noor']);
  },
  'home-one': (s) => {
    home(s);
    s.selected.value = new Set(['ben-okafor']);
  },
  'home-empty': (s) => {
    home(s);
    s.people.value = [];
    s.push.value = { ...s.push.value, state: 'off' };
    history(s, []);
  },
  'home-unreachable': (s) => {
    home(s);
    s.connection.value = 'unreachable';
    s.people.value = [];
  },
  'home-opening': (s) => {
    home(s);
    s.connection.value = 'connecting';
    s.opensCall.value = true;
    s.people.value = [];
    history(s, [], { state: 'loading' });
  },
  'home-reconnecting': (s) => {
    home(s);
    s.connection.value = 'reconnecting';
  },
  'calls-unread': (s) => {
    home(s);
    s.tab.value = 'calls';
    s.unread.value = 2;
    s.push.value = { ...s.push.value, state: 'off' };
    history(s, calls, { fresh: new Set(['h1', 'h2']), older: 'loading' });
  },
  'calls-missed': (s) => {
    home(s);
    s.tab.value = 'calls';
    const missed = calls.filter((call) => call.missed);
    history(s, missed, { filter: 'missed', older: 'failed' });
  },
  'calls-none-missed': (s) => {
    home(s);
    s.tab.value = 'calls';
    history(s, [], { filter: 'missed' });
  },
  'calls-loading': (s) => {
    home(s);
    s.tab.value = 'calls';
    history(s, [], { state: 'loading' });
  },
  'calls-failed': (s) => {
    home(s);
    s.tab.value = 'calls';
    history(s, [], { state: 'failed' });
  },
  'push-off': (s) => {
    home(s);
    s.unread.value = 120;
    s.push.value = { ...s.push.value, state: 'off' };
  },
  'push-busy': (s) => {
    states['push-off']!(s);
    s.tab.value = 'calls';
    s.push.value = { ...s.push.value, busy: true };
  },
  'push-denied': (s) => {
    states['push-off']!(s);
    s.tab.value = 'calls';
    s.push.value = { ...s.push.value, state: 'denied' };
  },
  'push-failed': (s) => {
    states['push-off']!(s);
    s.tab.value = 'calls';
    s.push.value = { ...s.push.value, problem: pushProblem('push-failed', 'off') };
  },
  'push-unsupported': (s) => {
    states['push-off']!(s);
    s.tab.value = 'calls';
    s.push.value = { ...s.push.value, state: 'unsupported' };
  },
  'push-install': (s) => {
    states['push-off']!(s);
    s.tab.value = 'calls';
    s.push.value = { ...s.push.value, state: 'unsupported', needsInstall: true };
  },
  'signed-out': (s) => {
    s.me.value = me;
    s.connection.value = 'closed';
  },
  'incoming-video': (s) => {
    home(s);
    s.incoming.value = [incoming()];
  },
  'incoming-audio': (s) => {
    home(s);
    s.incoming.value = [incoming({ media: 'audio', caller: mara })];
  },
  'incoming-group': (s) => {
    home(s);
    s.incoming.value = [incoming({ caller: mara, others: [ben, yusuf, noor, joan] })];
    s.soundBlocked.value = true;
  },
  'incoming-long': (s) => {
    home(s);
    s.incoming.value = [incoming({ caller: long, others: [html, noor] })];
  },
  'incoming-accepting': (s) => {
    home(s);
    s.incoming.value = [incoming({ accepting: true })];
  },
  'outgoing-calling': (s) => {
    home(s);
    s.call.value = outgoing([participant(ben, { state: 'invited' })], { state: 'calling', id: '' });
  },
  'outgoing-ringing': (s) => {
    home(s);
    s.call.value = outgoing([participant(ben, ringing(2))], { media: 'audio' });
  },
  'outgoing-video': (s) => {
    home(s);
    s.call.value = outgoing([participant(ben, ringing(2))], { camera: local('on', { who: 2 }) });
  },
  'outgoing-reaching': (s) => {
    home(s);
    s.call.value = outgoing(
      [participant(joan, { state: 'invited', ringing: { devices: 2, via: 'push', state: 'reaching' } })],
      { state: 'calling' },
    );
  },
  'outgoing-push': (s) => {
    home(s);
    s.call.value = outgoing([
      participant(joan, { state: 'ringing', ringing: { devices: 1, via: 'push', state: 'ringing' } }),
    ]);
  },
  'outgoing-unreachable': (s) => {
    home(s);
    s.call.value = outgoing(
      [participant(joan, { state: 'invited', ringing: { devices: 0, via: 'push', state: 'unreachable' } })],
      { state: 'calling' },
    );
  },
  'outgoing-offline': (s) => {
    home(s);
    s.call.value = outgoing([participant(joan, { state: 'invited' })], { state: 'calling' });
  },
  'outgoing-group': (s) => {
    home(s);
    s.call.value = outgoing([
      participant(ben, ringing(2)),
      participant(mara, { state: 'declined', endReason: 'busy' }),
      participant(noor, { state: 'declined', endReason: 'declined' }),
      participant(yusuf, { state: 'invited', ringing: { devices: 1, via: 'push', state: 'reaching' } }),
      participant(long, { state: 'invited', ringing: { devices: 0, via: 'push', state: 'unreachable' } }),
    ]);
  },
  'call-duo': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1, { speaking: true })]);
    s.devices.value = { ...s.devices.value, canShareScreen: true };
  },
  'call-audio': (s) => {
    home(s);
    s.call.value = call([participant(ben, { speaking: true })], { media: 'audio', camera: local('off') });
  },
  'call-connecting': (s) => {
    home(s);
    s.call.value = call([participant(ben, { state: 'joining', quality: 'unknown' })], {
      state: 'connecting',
      startedAt: frozen_now - 400,
      quality: 'unknown',
    });
  },
  'call-group': (s) => {
    home(s);
    s.call.value = call([
      seen(ben, 1),
      seen(mara, 0, { speaking: true }),
      seen(yusuf, 3, { muted: true, quality: 'fair' }),
      seen(joan, 4, { quality: 'poor' }),
      participant(noor, { muted: true }),
    ]);
  },
  'call-three': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1, { speaking: true }), participant(html, ringing(1))]);
  },
  'call-screen': (s) => {
    home(s);
    s.call.value = call([
      seen(mara, 0, { screen: remote('slide', 'screen'), speaking: true }),
      seen(ben, 1, { muted: true }),
      seen(yusuf, 3),
    ]);
    s.devices.value = { ...s.devices.value, canShareScreen: true };
  },
  'call-many': (s) => {
    home(s);
    s.call.value = call(
      Array.from({ length: 11 }, (_, i) =>
        i % 3 === 2
          ? participant({ userId: `guest-${i}`, name: `Guest ${i + 1}` }, { muted: true })
          : seen({ userId: `guest-${i}`, name: `Guest ${i + 1}` }, i, { speaking: i === 4 }),
      ),
    );
  },
  'call-sharing': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1)], { screen: local('on') });
    s.devices.value = { ...s.devices.value, canShareScreen: true };
  },
  'call-muted': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1)], { microphone: local('on', { muted: true }), camera: local('off') });
  },
  'call-denied': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1)], {
      microphone: local('on'),
      camera: local('failed', { error: 'permission-denied' }),
    });
    s.notices.value = [
      { id: 1, tone: 'warning', text: mediaErrorWords('permission-denied', 'camera') ?? '', end: false },
    ];
  },
  'call-no-camera': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1)], { camera: local('failed', { error: 'device-not-found' }) });
    s.notices.value = [
      { id: 1, tone: 'warning', text: mediaErrorWords('device-not-found', 'camera') ?? '', end: false },
    ];
  },
  'call-peer-reconnecting': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1, { state: 'reconnecting', quality: 'lost' })]);
  },
  'call-reconnecting': (s) => {
    home(s);
    s.connection.value = 'reconnecting';
    s.call.value = call([seen(ben, 1)], { state: 'reconnecting', quality: 'lost' });
  },
  'call-waiting': (s) => {
    home(s);
    s.call.value = call([seen(ben, 1)]);
    s.incoming.value = [incoming({ caller: mara })];
  },
  'call-alone': (s) => {
    home(s);
    s.call.value = call([participant(ben, { state: 'left', endReason: 'hangup' })]);
    s.notices.value = [{ id: 1, tone: 'info', text: 'Ben Okafor left.', end: false }];
  },
  'dialog-devices': (s) => {
    states['call-duo']!(s);
    s.devices.value = {
      ...s.devices.value,
      canSelectSpeaker: true,
      cameras: [{ kind: 'camera', deviceId: 'c1', label: 'Built-in camera' }],
      microphones: [
        { kind: 'microphone', deviceId: 'm1', label: 'Desk microphone with a rather long name, channel 1' },
      ],
      speakers: [{ kind: 'speaker', deviceId: 's1', label: 'Headphones' }],
    };
    s.dialog.value = 'devices';
  },
  'dialog-add': (s) => {
    states['call-duo']!(s);
    s.dialog.value = 'add-people';
  },
  'dialog-shortcuts': (s) => {
    states['call-duo']!(s);
    s.dialog.value = 'shortcuts';
  },
  'home-quiet': (s) => {
    home(s);
    s.quiet.value = { on: true, busy: false };
    s.blocked.value = new Set([yusuf.userId, long.userId]);
  },
  'home-draining': (s) => {
    home(s);
    s.drainingUntil.value = frozen_now + 11 * 60_000;
  },
  'call-draining': (s) => {
    states['call-duo']!(s);
    s.notices.value = [{ id: 1, tone: 'info', text: 'The server stops soon. This call may end then.', end: false }];
  },
  'calls-blocked': (s) => {
    states['calls-unread']!(s);
    s.blocked.value = new Set([ben.userId, long.userId]);
  },
  'dialog-block': (s) => {
    home(s);
    s.dialog.value = mara;
  },
  'dialog-unblock': (s) => {
    home(s);
    s.blocked.value = new Set([long.userId]);
    s.dialog.value = long;
  },
  'dialog-blocked': (s) => {
    states['home-quiet']!(s);
    s.blocked.value = new Set([yusuf.userId, long.userId, noor.userId]);
    s.dialog.value = 'blocked';
  },
  'dialog-blocked-none': (s) => {
    home(s);
    s.dialog.value = 'blocked';
  },
  'ended-too-often': (s) => (home(s), ended(s, [ben], { ...unanswered, reason: 'rate-limited', retryAfterMs: 42_000 })),
  'ended-no-new-calls': (s) => (
    home(s),
    ended(s, [ben], { ...unanswered, reason: 'unavailable', retryAfterMs: 9 * 60_000 })
  ),
  'ended-hangup': (s) => (home(s), ended(s, [ben], { ...answered, reason: 'hangup' }, 754_000)),
  'ended-group': (s) => (
    home(s),
    ended(s, [ben, mara, noor, joan], { ...answered, byMe: true, reason: 'hangup' }, 3_754_000)
  ),
  'ended-no-answer': (s) => (home(s), ended(s, [ben], { ...unanswered, reason: 'timeout' })),
  'ended-declined': (s) => (home(s), ended(s, [ben], { ...unanswered, reason: 'declined' })),
  'ended-busy': (s) => (home(s), ended(s, [ben], { ...unanswered, reason: 'busy' })),
  'ended-unreachable': (s) => (home(s), ended(s, [joan], { ...unanswered, reason: 'unreachable' })),
  'ended-disconnected': (s) => (home(s), ended(s, [ben], { ...answered, reason: 'disconnected' }, 61_000)),
  'ended-failed': (s) => (home(s), ended(s, [ben], { ...unanswered, reason: 'failed' })),
  'ended-removed': (s) => (home(s), ended(s, [ben, mara], { ...answered, reason: 'removed' }, 61_000)),
  'ended-missed': (s) => (home(s), ended(s, [long], { ...rung, reason: 'canceled' })),
  'ended-elsewhere': (s) => {
    home(s);
    const words = endWords({ ...rung, reason: 'answered-elsewhere', names: [ben.name] });
    s.notices.value = [{ id: 1, tone: 'info', text: `${words.title}. ${words.detail}`, end: true }];
  },
};
