import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { farewell, hello, partials, ringback, ringtone, soundChange, waiting, type Heard } from '../../src/sound/bells';
import { Ringer } from '../../src/sound/ringer';
import { FakeAudio } from '../support/fake-audio';

let audio: FakeAudio;
let gesture: () => void;
let ringer: Ringer;

beforeEach(() => {
  vi.useFakeTimers();
  audio = new FakeAudio();
  ringer = new Ringer({
    createContext: () => audio as unknown as AudioContext,
    onGesture: (fn) => {
      gesture = fn;
      return () => undefined;
    },
  });
});
afterEach(() => vi.useRealTimers());

/** Moves the audio clock and the timers together. */
function pass(seconds: number): void {
  for (let i = 0; i < seconds * 10; ++i) {
    audio.currentTime += 0.1;
    vi.advanceTimersByTime(100);
  }
}
/** When strokes start, in tenths of a second: one for each group of partials. */
const strokes = (): number[] => [...new Set(audio.voices.map((voice) => Math.round(voice.startAt * 10) / 10))];

describe('Ringer', () => {
  it('strikes the bells of one round, each with all its partials', () => {
    ringer.play(ringtone);
    expect(audio.voices).toHaveLength(ringtone.strokes.length * partials.length);
    expect(strokes()).toEqual([0, 0.2, 0.5, 0.9, 1.1]);
  });

  it('goes on round after round, without a gap and without playing ahead', () => {
    ringer.play(ringback);
    pass(11);
    expect(strokes()).toEqual([0, 0.5, 4, 4.5, 8, 8.5]);
  });

  it('stops at once: every voice within 50 ms, and no round comes after', () => {
    ringer.play(ringtone);
    pass(1);
    const at = audio.currentTime;
    ringer.stop();
    expect(audio.soundingAfter(at + 0.05)).toEqual([]);
    const count = audio.voices.length;
    pass(10);
    expect(audio.voices).toHaveLength(count);
  });

  it('does not begin again when asked for the same sound', () => {
    ringer.play(ringtone);
    const count = audio.voices.length;
    ringer.play(ringtone);
    expect(audio.voices).toHaveLength(count);
  });

  it('silences one sound before it begins another', () => {
    ringer.play(ringback);
    const old = [...audio.voices];
    ringer.play(hello);
    expect(old.every((voice) => voice.stopAt <= audio.currentTime + 0.05)).toBe(true);
  });

  it('plays a sound without a period once', () => {
    ringer.play(farewell);
    pass(10);
    expect(audio.voices).toHaveLength(farewell.strokes.length * partials.length);
  });

  it('waits for a touch where the browser wants one, says so, and then rings', async () => {
    audio.state = 'suspended';
    audio.allowed = false;
    ringer.play(ringtone);
    expect(audio.voices).toEqual([]);
    expect(ringer.blocked.value).toBe(true);
    audio.allowed = true;
    gesture();
    await vi.advanceTimersByTimeAsync(0);
    expect(ringer.blocked.value).toBe(false);
    expect(audio.voices.length).toBeGreaterThan(0);
  });

  it('stays silent when the touch comes after the call has ended', async () => {
    audio.state = 'suspended';
    audio.allowed = false;
    ringer.play(ringtone);
    ringer.stop();
    expect(ringer.blocked.value).toBe(false);
    audio.allowed = true;
    gesture();
    await vi.advanceTimersByTimeAsync(0);
    expect(audio.voices).toEqual([]);
  });

  it('is silent, not broken, in a browser without WebAudio', () => {
    const mute = new Ringer({ createContext: () => undefined, onGesture: () => () => undefined });
    mute.play(ringtone);
    mute.stop();
    expect(mute.blocked.value).toBe(false);
  });
});

describe('a stroke', () => {
  it('never clips: the partials sum to one at most, and no pattern is louder than full', () => {
    expect(partials.reduce((sum, one) => sum + one.share, 0)).toBeLessThanOrEqual(1.0001);
    for (const pattern of [ringtone, ringback, waiting, hello, farewell])
      for (const stroke of pattern.strokes) expect(stroke.loudness).toBeLessThanOrEqual(0.6);
  });
});

describe('soundChange', () => {
  const quiet: Heard = { sounding: null, connected: false };
  const talk: Heard = { sounding: null, connected: true };
  it('rings, and stops when it is over', () => {
    expect(soundChange(quiet, { ...quiet, sounding: 'ringtone' })).toBe(ringtone);
    expect(soundChange({ ...quiet, sounding: 'ringtone' }, quiet)).toBe('stop');
  });
  it('greets at the answer and says farewell at the end, each once', () => {
    expect(soundChange({ ...quiet, sounding: 'ringback' }, talk)).toBe(hello);
    expect(soundChange(talk, talk)).toBe(null);
    expect(soundChange(talk, quiet)).toBe(farewell);
    expect(soundChange(quiet, quiet)).toBe(null);
  });
  it('knocks softly while people talk', () => {
    expect(soundChange(talk, { ...talk, sounding: 'waiting' })).toBe(waiting);
    expect(soundChange({ ...talk, sounding: 'waiting' }, talk)).toBe('stop');
  });
});
