// From the SDK's living objects to the plain values of model.ts.
import type { Call, Devices, IncomingCall, LocalSource, Participant } from 'carillon-sdk';
import { displayName } from '../lib/names';
import type { CallView, DevicesView, IncomingView, Named, ParticipantView, SourceView } from './model';

/** Gives the name of a user id, as far as anybody knows it. */
export type NameOf = (userId: string, name?: string) => string;

/** The SDK says the user id where it knows no name; then another source may know better. */
export function betterName(known: ReadonlyMap<string, string>): NameOf {
  return (userId, name) => displayName(name !== undefined && name !== userId ? name : known.get(userId), userId);
}

export function viewOfIncoming(call: IncomingCall, me: string, nameOf: NameOf, since: number): IncomingView {
  const named = (userId: string, name?: string): Named => ({ userId, name: nameOf(userId, name) });
  return {
    callId: call.callId,
    caller: named(call.caller.userId, call.caller.name),
    others: call.callees.filter((id) => id !== me && id !== call.caller.userId).map((id) => named(id)),
    media: call.media,
    ringUntil: call.ringUntil,
    since,
    accepting: call.state === 'accepting',
  };
}

export function viewOfParticipant(p: Participant, nameOf: NameOf): ParticipantView {
  return {
    userId: p.userId,
    name: nameOf(p.userId, p.name),
    state: p.state,
    ringing: p.ringing,
    endReason: p.endReason,
    muted: p.muted,
    cameraOn: p.cameraOn,
    speaking: p.speaking,
    quality: p.quality,
    camera: p.track('camera') ?? null,
    screen: p.screenOn ? (p.track('screen') ?? null) : null,
    audio: p.tracks.filter((track) => track.kind === 'audio'),
  };
}

export function viewOfSource(source: LocalSource): SourceView {
  return { state: source.state, muted: source.muted, error: source.error?.code ?? null, source };
}

export function viewOfCall(call: Call, nameOf: NameOf): CallView {
  return {
    id: call.id,
    media: call.media,
    outgoing: call.outgoing,
    state: call.state,
    startedAt: call.startedAt,
    ringUntil: call.ringUntil,
    participants: call.participants.map((p) => viewOfParticipant(p, nameOf)),
    activeSpeaker: call.activeSpeaker?.userId ?? null,
    speaking: call.local.speaking,
    microphone: viewOfSource(call.local.microphone),
    camera: viewOfSource(call.local.camera),
    screen: viewOfSource(call.local.screen),
    quality: call.local.quality,
  };
}

const off: SourceView = { state: 'off', muted: false, error: null, source: null };

/** The call as the page shows it between the press of the button and the server's answer. */
export function viewOfWish(people: readonly Named[], media: 'audio' | 'video'): CallView {
  return {
    id: '',
    media,
    outgoing: true,
    state: 'calling',
    startedAt: null,
    ringUntil: null,
    participants: people.map((one) => ({
      ...one,
      state: 'invited',
      ringing: null,
      endReason: null,
      muted: false,
      cameraOn: false,
      speaking: false,
      quality: 'unknown',
      camera: null,
      screen: null,
      audio: [],
    })),
    activeSpeaker: null,
    speaking: false,
    microphone: off,
    camera: off,
    screen: off,
    quality: 'unknown',
  };
}

export function viewOfDevices(devices: Devices): DevicesView {
  return {
    cameras: [...devices.cameras],
    microphones: [...devices.microphones],
    speakers: [...devices.speakers],
    selected: { ...devices.selected },
    canSelectSpeaker: devices.canSelectSpeaker,
    canShareScreen: devices.canShareScreen,
  };
}
