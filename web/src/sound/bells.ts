// The sounds of the app: small bells, as notes to be played. What is played and when is pure; ringer.ts plays it.

/** One stroke of a bell. */
export interface Stroke {
  /** Seconds from the start of the pattern. */
  readonly at: number;
  /** The pitch that is heard (the strike note). */
  readonly hz: number;
  /** 0 to 1. */
  readonly loudness: number;
}

export interface Pattern {
  /** Seconds from one start of the pattern to the next; null: play once. */
  readonly period: number | null;
  readonly strokes: readonly Stroke[];
}

/** A tone of a bell: its ratio to the strike note, its share of the loudness, and seconds until it has faded. */
export interface Partial {
  readonly ratio: number;
  readonly share: number;
  readonly fade: number;
}

/**
 * A tuned bell sounds by these partials: hum, prime, tierce (the minor third that makes it a bell), quint, nominal and one above.
 * The high ones fade first. Shares sum to 1, so that a stroke of loudness 1 does not clip.
 */
export const partials: readonly Partial[] = [
  { ratio: 0.5, share: 0.16, fade: 1.9 },
  { ratio: 1, share: 0.34, fade: 1.5 },
  { ratio: 1.2, share: 0.17, fade: 1.1 },
  { ratio: 1.5, share: 0.09, fade: 0.8 },
  { ratio: 2, share: 0.18, fade: 0.7 },
  { ratio: 3.01, share: 0.06, fade: 0.35 },
];

/** Equal temperament: the frequency of a MIDI note number. */
export function pitch(note: number): number {
  return 440 * 2 ** ((note - 69) / 12);
}

/** Somebody calls: a falling and answering phrase of five bells, then a rest. */
export const ringtone: Pattern = {
  period: 3.2,
  strokes: [
    { at: 0, hz: pitch(79), loudness: 0.55 },
    { at: 0.22, hz: pitch(76), loudness: 0.45 },
    { at: 0.44, hz: pitch(72), loudness: 0.5 },
    { at: 0.88, hz: pitch(74), loudness: 0.45 },
    { at: 1.1, hz: pitch(79), loudness: 0.6 },
  ],
};

/** What the caller hears while it rings there: two low, quiet strokes. */
export const ringback: Pattern = {
  period: 4,
  strokes: [
    { at: 0, hz: pitch(64), loudness: 0.22 },
    { at: 0.5, hz: pitch(67), loudness: 0.18 },
  ],
};

/** A second call while one is on: one stroke, so that talk can go on. */
export const waiting: Pattern = {
  period: 5,
  strokes: [{ at: 0, hz: pitch(76), loudness: 0.2 }],
};

/** It is over. */
export const farewell: Pattern = {
  period: null,
  strokes: [
    { at: 0, hz: pitch(67), loudness: 0.22 },
    { at: 0.16, hz: pitch(60), loudness: 0.22 },
  ],
};

/** They are there. */
export const hello: Pattern = {
  period: null,
  strokes: [
    { at: 0, hz: pitch(67), loudness: 0.18 },
    { at: 0.13, hz: pitch(72), loudness: 0.22 },
  ],
};

/** What is to be heard: a sound that goes on, and whether people are talking. */
export interface Heard {
  readonly sounding: 'ringtone' | 'ringback' | 'waiting' | null;
  readonly connected: boolean;
}

/** What to do with the sound when the state goes from `before` to `after`. Null: leave it alone. */
export function soundChange(before: Heard, after: Heard): Pattern | 'stop' | null {
  if (after.sounding !== null) {
    return after.sounding === before.sounding ? null : { ringtone, ringback, waiting }[after.sounding];
  }
  if (after.connected && !before.connected) return hello;
  if (before.connected && !after.connected) return farewell;
  return before.sounding === null ? null : 'stop';
}
