import { describe, expect, it } from 'vitest';
import {
  calleeLine,
  endReasonOf,
  filterPeople,
  isConnected,
  layerFor,
  mediaErrorWords,
  outgoingLine,
  presenceLine,
  screenOf,
  soundingOf,
  stageOf,
  titleOf,
  toggled,
  type CallView,
  type IncomingView,
  type ParticipantView,
} from '../../src/state/model';
import { viewOfWish } from '../../src/state/snapshot';

const ben = { userId: 'ben', name: 'Ben' };
const blank = viewOfWish([ben], 'video').participants[0]!;

function who(userId: string, rest: Partial<ParticipantView> = {}): ParticipantView {
  return { ...blank, userId, name: userId, ...rest };
}
function call(participants: readonly ParticipantView[], rest: Partial<CallView> = {}): CallView {
  return { ...viewOfWish([], 'video'), id: 'c', participants, ...rest };
}
const rings: IncomingView = {
  callId: 'i',
  caller: ben,
  others: [],
  media: 'video',
  ringUntil: 1,
  since: 0,
  accepting: false,
};
const joined = { state: 'joined' } as const;
const ringing = (devices: number, via: 'socket' | 'push' = 'socket'): Partial<ParticipantView> => ({
  state: 'ringing',
  ringing: { devices, via, state: 'ringing' },
});
const told = (state: 'reaching' | 'unreachable', devices: number): Partial<ParticipantView> => ({
  ringing: { devices, via: 'push', state },
});

describe('screenOf', () => {
  const facts = { signedIn: true, connection: 'online', incoming: 0, call: null, ended: false } as const;
  it('lets a call that is on come before everything, and a ring before the rest', () => {
    expect(screenOf({ ...facts, incoming: 1, call: call([], { state: 'active' }) })).toBe('call');
    expect(screenOf({ ...facts, incoming: 1, ended: true })).toBe('incoming');
    expect(screenOf({ ...facts, ended: true })).toBe('ended');
    expect(screenOf(facts)).toBe('home');
    expect(screenOf({ ...facts, signedIn: false })).toBe('sign-in');
    expect(screenOf({ ...facts, connection: 'closed' })).toBe('signed-out');
  });
  it('stays with the outgoing call while it reconnects unanswered', () => {
    expect(isConnected(call([], { state: 'reconnecting', startedAt: null }))).toBe(false);
    expect(isConnected(call([], { state: 'reconnecting', startedAt: 5 }))).toBe(true);
  });
});

describe('the words of an outgoing call', () => {
  it.each([
    [who('ben'), 'Calling…'],
    [who('ben', ringing(1)), 'Ringing'],
    [who('ben', ringing(2)), 'Ringing on 2 devices'],
    [who('ben', ringing(1, 'push')), 'Ringing'],
    [who('ben', told('reaching', 1)), 'Reaching their device…'],
    [who('ben', told('reaching', 2)), 'Reaching 2 devices…'],
    [who('ben', told('unreachable', 0)), 'Cannot be reached now'],
    [who('ben', { state: 'declined', endReason: 'declined' }), 'Declined'],
    [who('ben', { state: 'declined', endReason: 'busy' }), 'Busy in another call'],
    [who('ben', { state: 'no-answer' }), 'No answer'],
    [who('ben', joined), 'Answered'],
    [who('ben', { state: 'left' }), 'Left'],
  ])('%#', (p, words) => {
    expect(calleeLine(p)).toBe(words);
    expect(outgoingLine(call([p]))).toBe(words);
  });
  it('says that somebody is offline, as long as nothing rings there', () => {
    const offline = (): boolean => true;
    expect(outgoingLine(call([who('ben')]), offline)).toBe('Offline, rings once they are online');
    expect(outgoingLine(call([who('ben', told('reaching', 1))]), offline)).toBe('Reaching their device…');
    expect(outgoingLine(call([who('ben', ringing(1, 'push'))]), offline)).toBe('Ringing');
  });
  it('sums up a group of which nobody rings yet', () => {
    const [reaching, unreachable] = [told('reaching', 1), told('unreachable', 0)];
    expect(outgoingLine(call([who('ben', reaching), who('mara', unreachable)]))).toBe('Reaching their devices…');
    expect(outgoingLine(call([who('ben', unreachable), who('mara', unreachable)]))).toBe('Nobody can be reached now');
    expect(outgoingLine(call([who('ben', unreachable), who('mara')]))).toBe('Calling…');
  });
  it('sums up a group', () => {
    expect(outgoingLine(call([who('a'), who('b')]))).toBe('Calling…');
    expect(outgoingLine(call([who('a', ringing(1)), who('b', ringing(2))]))).toBe('Ringing 2 people');
    expect(outgoingLine(call([who('a', ringing(1)), who('b', { state: 'declined' })]))).toBe('Ringing a');
  });
  it('calls it unreachable only when we called and nothing rang', () => {
    expect(endReasonOf('timeout', call([]), false)).toBe('unreachable');
    expect(endReasonOf('timeout', call([]), true)).toBe('timeout');
    expect(endReasonOf('declined', call([]), false)).toBe('declined');
  });
});

describe('stageOf', () => {
  it('gives one other person the whole stage, and the corner to us', () => {
    const stage = stageOf(call([who('ben', joined)]));
    expect(stage.layout).toBe('duo');
    expect(stage.main.map((tile) => tile.key)).toEqual(['ben']);
    expect(stage.strip.map((tile) => tile.kind)).toEqual(['self']);
  });
  it('puts three and more in one grid, those who still ring after those who talk', () => {
    const stage = stageOf(call([who('mara', ringing(1)), who('ben', joined), who('gone', { state: 'left' })]));
    expect(stage.layout).toBe('grid');
    expect(stage.main.map((tile) => [tile.key, tile.kind])).toEqual([
      ['ben', 'remote'],
      ['mara', 'awaited'],
      ['self', 'self'],
    ]);
  });
  it('gives a shared screen the stage', () => {
    const screen = {} as never;
    const stage = stageOf(call([who('ben', { ...joined, screen }), who('mara', joined)]));
    expect(stage.layout).toBe('focus');
    expect(stage.main.map((tile) => tile.key)).toEqual(['ben-screen']);
    expect(stage.strip.map((tile) => tile.key)).toEqual(['ben', 'mara', 'self']);
  });
  it('keeps one key for a person from the ring to the talk, so that the tile stays', () => {
    const before = stageOf(call([who('ben', joined), who('mara', ringing(1))])).main.map((tile) => tile.key);
    const after = stageOf(call([who('ben', joined), who('mara', joined)])).main.map((tile) => tile.key);
    expect(after).toEqual(before);
  });
});

describe('soundingOf', () => {
  it('rings for a call, knocks while another is on, and is silent once it is answered', () => {
    expect(soundingOf([rings], null)).toBe('ringtone');
    expect(soundingOf([rings], call([]))).toBe('waiting');
    expect(soundingOf([{ ...rings, accepting: true }], null)).toBe(null);
  });
  it('plays the ringback only while it really rings there', () => {
    expect(soundingOf([], call([], { state: 'calling' }))).toBe(null);
    expect(soundingOf([], call([], { state: 'ringing' }))).toBe('ringback');
    expect(soundingOf([], call([], { state: 'active' }))).toBe(null);
  });
});

describe('filterPeople', () => {
  const people = [
    { userId: 'zoe', name: 'Zoë', devices: 1 },
    { userId: 'ana', name: 'Ána López', devices: 0 },
    { userId: 'bob', name: 'Bob', devices: 2 },
  ];
  it('lists who is online first, then by name', () => {
    expect(filterPeople(people, '').map((p) => p.userId)).toEqual(['bob', 'zoe', 'ana']);
  });
  it('finds without accents, in any order of words', () => {
    expect(filterPeople(people, 'lopez ana').map((p) => p.userId)).toEqual(['ana']);
    expect(filterPeople(people, 'ZOE').map((p) => p.userId)).toEqual(['zoe']);
    expect(filterPeople(people, 'nobody')).toEqual([]);
  });
});

describe('small words', () => {
  it('names the tab after who calls, and whom we talk to', () => {
    expect(titleOf('incoming', rings, null)).toBe('Ben is calling · Carillon');
    expect(titleOf('outgoing', null, call([who('ben')]))).toBe('Calling ben · Carillon');
    expect(titleOf('call', null, call([who('ben', joined), who('x', { state: 'left' })], { state: 'active' }))).toBe(
      'ben · Carillon',
    );
    expect(titleOf('home', null, null)).toBe('Carillon');
    expect(titleOf('home', null, null, 2)).toBe('(2) Carillon');
    expect(titleOf('incoming', rings, null, 2)).toBe('Ben is calling · Carillon');
  });
  it('counts devices', () => {
    expect([0, 1, 2].map(presenceLine)).toEqual(['Offline', 'Online', 'Online on 2 devices']);
  });
  it('has a sentence for what fails, and none for a screen that was not picked', () => {
    expect(mediaErrorWords('permission-denied', 'camera')).toMatch(/camera/u);
    expect(mediaErrorWords('device-not-found', 'microphone')).toMatch(/No microphone/u);
    expect(mediaErrorWords('permission-denied', 'screen')).toBe(null);
    expect(mediaErrorWords('media-failed', null)).toMatch(/connection/u);
  });
  it('asks for no more pixels than a tile has', () => {
    expect([160, 500, 1200].map(layerFor)).toEqual([0, 1, 2]);
  });
  it('takes a person in and out of the selection', () => {
    expect([...toggled(new Set(['a']), 'b')]).toEqual(['a', 'b']);
    expect([...toggled(new Set(['a', 'b']), 'a')]).toEqual(['b']);
  });
});
