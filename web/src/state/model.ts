// What the pages show, as plain values, and the questions they ask of it. Pure: no SDK object is called here.
import type {
  CallState,
  CarillonErrorCode,
  DeviceInfo,
  DeviceKind,
  LocalSource,
  MediaChoice,
  ParticipantState,
  PushState,
  Quality,
  RemoteTrack,
  RingingInfo,
} from 'carillon-sdk';
import { calleeWords, type CalleeState, type EndReason, type EndWords } from '../lib/reasons';
import { countWords } from '../lib/call-list';
import { listNames } from '../lib/names';

export type { CallState, MediaChoice, ParticipantState, Quality } from 'carillon-sdk';

export interface Person {
  readonly userId: string;
  readonly name: string;
  /** Devices online; 0: offline. */
  readonly devices: number;
}

export interface Named {
  readonly userId: string;
  readonly name: string;
}

/**
 * `connecting`: the first attempt. `unreachable`: it did not work, and is tried again. `reconnecting`: it worked before.
 * `closed`: the server told this device to stay away (close code 4000).
 */
export type Connection = 'connecting' | 'online' | 'reconnecting' | 'unreachable' | 'closed';

export interface IncomingView {
  readonly callId: string;
  readonly caller: Named;
  /** Who else is rung or in the call: neither the caller nor this user. */
  readonly others: readonly Named[];
  readonly media: MediaChoice;
  /** Server time until which it rings, and since when this page knows of it. */
  readonly ringUntil: number;
  readonly since: number;
  /** The person has answered, and the server has not yet. */
  readonly accepting: boolean;
}

export interface ParticipantView extends Named {
  readonly state: ParticipantState;
  readonly ringing: RingingInfo | null;
  readonly endReason: EndReason | null;
  readonly muted: boolean;
  readonly cameraOn: boolean;
  readonly speaking: boolean;
  readonly quality: Quality;
  readonly camera: RemoteTrack | null;
  readonly screen: RemoteTrack | null;
  readonly audio: readonly RemoteTrack[];
}

export interface SourceView {
  readonly state: 'off' | 'starting' | 'on' | 'failed';
  readonly muted: boolean;
  readonly error: CarillonErrorCode | null;
  /** For the self view; null in tests of pure logic. */
  readonly source: LocalSource | null;
}

export interface CallView {
  /** Empty until the server has answered `start-call`. */
  readonly id: string;
  readonly media: MediaChoice;
  readonly outgoing: boolean;
  readonly state: CallState;
  /** Server time of the first answer. */
  readonly startedAt: number | null;
  readonly ringUntil: number | null;
  readonly participants: readonly ParticipantView[];
  readonly activeSpeaker: string | null;
  /** It is us who speak. */
  readonly speaking: boolean;
  readonly microphone: SourceView;
  readonly camera: SourceView;
  readonly screen: SourceView;
  readonly quality: Quality;
}

export interface EndedView {
  readonly words: EndWords;
  readonly reason: EndReason;
  readonly people: readonly Named[];
  readonly media: MediaChoice;
  /** How long it was connected; null: never. */
  readonly lastedMs: number | null;
}

/** A call that is over, in the list. */
export interface ListedCall {
  readonly callId: string;
  readonly people: readonly Named[];
  readonly media: MediaChoice;
  readonly outgoing: boolean;
  readonly startedAt: number;
  readonly lastedMs: number | null;
  readonly reason: EndReason;
  readonly missed: boolean;
}

export type HistoryFilter = 'all' | 'missed';

export interface HistoryView {
  readonly filter: HistoryFilter;
  /** `failed`: there is nothing to show; a list that is there stays, whatever becomes of the next try. */
  readonly state: 'loading' | 'ready' | 'failed';
  readonly calls: readonly ListedCall[];
  /** Whether there are older ones, and how it stands with them. */
  readonly older: 'none' | 'some' | 'loading' | 'failed';
  /** Missed calls that were not read when they came into sight. */
  readonly fresh: ReadonlySet<string>;
}

export interface PushView {
  readonly state: PushState;
  /** Asked for, and not done yet. */
  readonly busy: boolean;
  readonly problem: string | null;
  /** An iPhone or iPad, not on the home screen yet. */
  readonly needsInstall: boolean;
}

/** The halves of the first page, where there is room for one only. */
export type HomeTab = 'people' | 'calls';

export interface Notice {
  readonly id: number;
  readonly tone: 'info' | 'warning';
  readonly text: string;
  /** Says why a call ended. */
  readonly end: boolean;
}

export interface DevicesView {
  readonly cameras: readonly DeviceInfo[];
  readonly microphones: readonly DeviceInfo[];
  readonly speakers: readonly DeviceInfo[];
  readonly selected: Readonly<Record<DeviceKind, string | null>>;
  readonly canSelectSpeaker: boolean;
  readonly canShareScreen: boolean;
}

export type Screen = 'sign-in' | 'signed-out' | 'home' | 'incoming' | 'outgoing' | 'call' | 'ended';

export interface ScreenFacts {
  readonly signedIn: boolean;
  readonly connection: Connection;
  readonly incoming: number;
  readonly call: CallView | null;
  readonly ended: boolean;
}

/** Which page is on. A call that rings comes before everything but a call that is on. */
export function screenOf(facts: ScreenFacts): Screen {
  if (facts.call) return isConnected(facts.call) ? 'call' : 'outgoing';
  if (facts.connection === 'closed') return 'signed-out';
  if (!facts.signedIn) return 'sign-in';
  if (facts.incoming > 0) return 'incoming';
  return facts.ended ? 'ended' : 'home';
}

/** Somebody has answered: there is a conversation, or there was one a moment ago. */
export function isConnected(call: CallView): boolean {
  switch (call.state) {
    case 'calling':
    case 'ringing':
      return false;
    case 'connecting':
    case 'active':
      return true;
    case 'reconnecting':
    case 'ended':
      return call.startedAt !== null;
  }
}

/** People in the call now, in a steady order. */
export function present(call: CallView): readonly ParticipantView[] {
  return call.participants.filter((p) => ['joining', 'joined', 'reconnecting'].includes(p.state));
}

/** People who are being asked. */
export function awaited(call: CallView): readonly ParticipantView[] {
  return call.participants.filter((p) => p.state === 'invited' || p.state === 'ringing');
}

/** The state of one callee, in the words of reasons.ts. `offline`: presence says that they have no device online. */
export function calleeState(p: ParticipantView, offline = false): CalleeState {
  switch (p.state) {
    case 'invited':
      if (p.ringing) return p.ringing.state;
      return offline ? 'offline' : 'calling';
    case 'ringing':
      return 'ringing';
    case 'joining':
    case 'joined':
    case 'reconnecting':
      return 'accepted';
    case 'declined':
      return p.endReason === 'busy' ? 'busy' : 'declined';
    case 'no-answer':
      return 'timeout';
    case 'left':
      return 'left';
  }
}

export function calleeLine(p: ParticipantView, offline = false): string {
  return calleeWords(calleeState(p, offline), p.ringing?.devices ?? 0);
}

/** The one line that says how an outgoing call stands. */
export function outgoingLine(call: CallView, offline: (userId: string) => boolean = () => false): string {
  if (call.state === 'reconnecting') return 'Reconnecting…';
  const [only, second] = call.participants;
  if (only && !second) return calleeLine(only, offline(only.userId));
  const ringing = call.participants.filter((p) => p.state === 'ringing');
  if (ringing.length === 0) {
    const said = awaited(call).map((p) => p.ringing?.state);
    if (said.includes('reaching')) return 'Reaching their devices…';
    return said.length > 0 && said.every((state) => state === 'unreachable') ? 'Nobody can be reached now' : 'Calling…';
  }
  if (ringing.length === call.participants.length) return `Ringing ${ringing.length} people`;
  return `Ringing ${listNames(ringing.map((p) => p.name))}`;
}

/** A push service took the call to a device of theirs, or a device rings. */
export function isTold(p: Pick<ParticipantView, 'state' | 'ringing'>): boolean {
  return p.state === 'ringing' || p.ringing?.state === 'reaching';
}

/** Nobody could be told at all: then "no answer" would be the wrong word. */
export function endReasonOf(reason: EndReason, call: CallView, everTold: boolean): EndReason {
  return reason === 'timeout' && call.outgoing && !everTold ? 'unreachable' : reason;
}

/** One picture on the stage of a call. */
export interface TileView {
  readonly key: string;
  readonly kind: 'remote' | 'screen' | 'self' | 'awaited';
  readonly participant: ParticipantView | null;
}

export interface Stage {
  /** `duo`: one other person fills the stage, self in a corner. `grid`: all alike. `focus`: a screen, the rest in a strip. */
  readonly layout: 'duo' | 'grid' | 'focus';
  readonly main: readonly TileView[];
  readonly strip: readonly TileView[];
}

/** Who is where on the stage. */
export function stageOf(call: CallView): Stage {
  const others: TileView[] = [
    ...present(call).map((p): TileView => ({ key: p.userId, kind: 'remote', participant: p })),
    ...awaited(call).map((p): TileView => ({ key: p.userId, kind: 'awaited', participant: p })),
  ];
  const screens = present(call)
    .filter((p) => p.screen !== null)
    .map((p): TileView => ({ key: `${p.userId}-screen`, kind: 'screen', participant: p }));
  const self: TileView = { key: 'self', kind: 'self', participant: null };
  if (screens.length > 0) return { layout: 'focus', main: screens, strip: [...others, self] };
  if (others.length <= 1) return { layout: 'duo', main: others, strip: [self] };
  return { layout: 'grid', main: [...others, self], strip: [] };
}

/** The layer of a simulcast video that is enough for a picture of this many device pixels across. */
export function layerFor(pixels: number): number {
  if (pixels <= 340) return 0;
  return pixels <= 700 ? 1 : 2;
}

/** What the tab of the browser says. */
export function titleOf(screen: Screen, incoming: IncomingView | null, call: CallView | null, unread = 0): string {
  if (incoming) return `${incoming.caller.name} is calling · Carillon`;
  const names = call ? listNames((isConnected(call) ? present(call) : call.participants).map((p) => p.name)) : '';
  if (screen === 'call') return `${names || 'Call'} · Carillon`;
  if (screen === 'outgoing') return `Calling ${names} · Carillon`;
  return unread > 0 ? `(${countWords(unread)}) Carillon` : 'Carillon';
}

/** Which sound goes on, if any. */
export type Sounding = 'ringtone' | 'ringback' | 'waiting' | null;

export function soundingOf(incoming: readonly IncomingView[], call: CallView | null): Sounding {
  const rings = incoming.some((one) => !one.accepting);
  if (rings) return call ? 'waiting' : 'ringtone';
  return call && call.outgoing && call.state === 'ringing' ? 'ringback' : null;
}

/** What went wrong with a camera, a microphone or a screen, and what to do. Null: nothing worth a word. */
export function mediaErrorWords(
  code: CarillonErrorCode,
  source: 'microphone' | 'camera' | 'screen' | 'both' | null,
): string | null {
  const what = source === null || source === 'both' ? 'camera or microphone' : source;
  switch (code) {
    case 'permission-denied':
      if (source === 'screen') return null; // Picking nothing in the browser's own window is no error.
      return `This page may not use your ${what}. Allow it in the address bar, then switch it on again.`;
    case 'device-not-found':
      return `No ${what} was found. The call goes on without it.`;
    case 'device-busy':
      return `Your ${what} is in use by another program. Close that, then switch it on again.`;
    case 'device-lost':
      return `Your ${what} was unplugged. Choose another one under Devices.`;
    case 'media-unsupported':
      return source === 'screen'
        ? 'This browser cannot share a screen.'
        : 'This browser cannot make calls. Try a current one.';
    default:
      return source === null
        ? 'The connection for sound and picture failed. Trying again.'
        : `Your ${what} did not start.`;
  }
}

/** Selected for a new call, in the order of the list. */
export function toggled(selected: ReadonlySet<string>, userId: string): ReadonlySet<string> {
  const next = new Set(selected);
  if (!next.delete(userId)) next.add(userId);
  return next;
}

/** Those whose name or id has every word of the filter; online first, then by name. */
export function filterPeople(people: readonly Person[], filter: string): readonly Person[] {
  const words = fold(filter)
    .split(/\s+/u)
    .filter((word) => word !== '');
  return people
    .filter((p) => words.every((word) => fold(`${p.name} ${p.userId}`).includes(word)))
    .sort(
      (a, b) =>
        Number(b.devices > 0) - Number(a.devices > 0) || a.name.localeCompare(b.name) || (a.userId < b.userId ? -1 : 1),
    );
}

function fold(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
}

/** `Online`, `Online on 2 devices`, `Offline`. */
export function presenceLine(devices: number): string {
  if (devices <= 0) return 'Offline';
  return devices === 1 ? 'Online' : `Online on ${devices} devices`;
}
