// Plays one pattern of bells at a time, with WebAudio. Stops at once. Knows nothing of calls.
import { signal, type ReadonlySignal } from '@preact/signals';
import { partials, type Pattern, type Stroke } from './bells';

/** Seconds before a round at which it is handed to the audio clock: above the jitter of a timer in a busy page. */
const ahead = 0.25;
/** Seconds in which a sound is faded out when stopped: short enough to be "at once", long enough not to click. */
const release = 0.03;
const attack = 0.004;

/** The part of the page that a ringer needs, so that tests can stand in for it. */
export interface RingerHost {
  createContext(): AudioContext | undefined;
  /** Calls `fn` at each touch or key: browsers let sound begin only then. Returns what takes it back. */
  onGesture(fn: () => void): () => void;
}

export const browserHost: RingerHost = {
  createContext: () => ('AudioContext' in globalThis ? new AudioContext() : undefined),
  onGesture(fn) {
    const events = ['pointerdown', 'keydown', 'touchend'] as const;
    for (const name of events) addEventListener(name, fn, { capture: true, passive: true });
    return () => {
      for (const name of events) removeEventListener(name, fn, { capture: true });
    };
  },
};

export class Ringer {
  readonly #host: RingerHost;
  readonly #blocked = signal(false);
  #context: AudioContext | undefined;
  #playing: Playing | undefined;

  constructor(host: RingerHost = browserHost) {
    this.#host = host;
    host.onGesture(() => this.#unlock());
  }

  /** True while something should sound, but the browser waits for a touch or a key. */
  get blocked(): ReadonlySignal<boolean> {
    return this.#blocked;
  }

  /** Plays `pattern` until it is over, or until stop() or the next play(). The same pattern again goes on undisturbed. */
  play(pattern: Pattern): void {
    if (this.#playing?.pattern === pattern && pattern.period !== null) return;
    this.stop();
    this.#context ??= this.#host.createContext();
    if (!this.#context) return;
    this.#playing = new Playing(this.#context, pattern);
    if (this.#context.state === 'running') this.#playing.start();
    else this.#resume();
  }

  stop(): void {
    this.#playing?.stop();
    this.#playing = undefined;
    this.#blocked.value = false;
  }

  #unlock(): void {
    // A context that was made and left suspended starts here, before anything has to sound.
    if (this.#context === undefined) this.#context = this.#host.createContext();
    if (this.#context && this.#context.state !== 'running') this.#resume();
  }

  #resume(): void {
    const context = this.#context;
    if (!context) return;
    this.#blocked.value = this.#playing !== undefined;
    // Stays pending for as long as the browser forbids sound; then the next gesture asks again.
    void context.resume().then(
      () => {
        if (context.state !== 'running') return;
        this.#blocked.value = false;
        this.#playing?.start();
      },
      () => undefined,
    );
  }
}

/** One pattern that sounds, and all that has to be silenced with it. */
class Playing {
  readonly pattern: Pattern;
  readonly #context: AudioContext;
  readonly #out: GainNode;
  #voices = new Set<OscillatorNode>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #started = false;

  constructor(context: AudioContext, pattern: Pattern) {
    this.pattern = pattern;
    this.#context = context;
    this.#out = context.createGain();
    this.#out.connect(context.destination);
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#round(this.#context.currentTime + 0.02);
  }

  stop(): void {
    this.#started = true;
    clearTimeout(this.#timer);
    const now = this.#context.currentTime;
    this.#out.gain.cancelScheduledValues(now);
    this.#out.gain.setValueAtTime(1, now);
    this.#out.gain.linearRampToValueAtTime(0, now + release);
    for (const voice of this.#voices) voice.stop(now + release);
    this.#voices.clear();
  }

  #round(at: number): void {
    for (const stroke of this.pattern.strokes) this.#strike(stroke, at + stroke.at);
    if (this.pattern.period === null) return;
    const next = at + this.pattern.period;
    const wait = Math.max(0, next - this.#context.currentTime - ahead);
    this.#timer = setTimeout(() => this.#round(Math.max(next, this.#context.currentTime)), wait * 1000);
  }

  #strike(stroke: Stroke, at: number): void {
    for (const partial of partials) {
      const voice = this.#context.createOscillator();
      const level = this.#context.createGain();
      voice.frequency.value = stroke.hz * partial.ratio;
      level.gain.setValueAtTime(0, at);
      level.gain.linearRampToValueAtTime(stroke.loudness * partial.share, at + attack);
      level.gain.exponentialRampToValueAtTime(0.0001, at + attack + partial.fade);
      voice.connect(level).connect(this.#out);
      voice.start(at);
      voice.stop(at + attack + partial.fade + 0.02);
      this.#voices.add(voice);
      voice.onended = () => {
        this.#voices.delete(voice);
        level.disconnect();
      };
    }
  }
}
