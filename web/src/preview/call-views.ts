// Calls as the pages see them, made up: who takes part, what they send, and what this side sends.
import type { LocalSource, RemoteTrack } from 'carillon-sdk';
import type { CallView, IncomingView, Named, ParticipantView, SourceView } from '../state/model';
import { ben, frozen_now } from './cast';
import { drawnTrack } from './portraits';

const ignored = (): Promise<void> => Promise.resolve();

export function remote(who: number | 'slide', source: 'camera' | 'screen'): RemoteTrack {
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

export function local(
  state: SourceView['state'],
  options: { muted?: boolean; error?: SourceView['error']; who?: number } = {},
): SourceView {
  const source =
    options.who === undefined ? null : ({ ...drawnTrack(options.who), track: null } as unknown as LocalSource);
  return { state, muted: options.muted ?? false, error: options.error ?? null, source };
}

export function participant(who: Named, rest: Partial<ParticipantView> = {}): ParticipantView {
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

export function seen(who: Named, face: number, rest: Partial<ParticipantView> = {}): ParticipantView {
  return participant(who, { camera: remote(face, 'camera'), cameraOn: true, ...rest });
}

export function call(participants: readonly ParticipantView[], rest: Partial<CallView> = {}): CallView {
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

export function outgoing(participants: readonly ParticipantView[], rest: Partial<CallView> = {}): CallView {
  return call(participants, {
    state: 'ringing',
    startedAt: null,
    ringUntil: frozen_now + 24_000,
    camera: local('off'),
    ...rest,
  });
}

export function incoming(rest: Partial<IncomingView> = {}): IncomingView {
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

export const ringing = (devices: number): Partial<ParticipantView> => ({
  state: 'ringing',
  ringing: { devices, via: 'socket', state: 'ringing' },
});
