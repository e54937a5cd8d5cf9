// An AudioContext that plays nothing and notes everything.

interface Ramp {
  readonly kind: string;
  readonly value: number;
  readonly at: number;
}

class FakeParam {
  value = 1;
  readonly ramps: Ramp[] = [];
  setValueAtTime(value: number, at: number): void {
    this.ramps.push({ kind: 'set', value, at });
  }
  linearRampToValueAtTime(value: number, at: number): void {
    this.ramps.push({ kind: 'linear', value, at });
  }
  exponentialRampToValueAtTime(value: number, at: number): void {
    this.ramps.push({ kind: 'exponential', value, at });
  }
  cancelScheduledValues(at: number): void {
    this.ramps.push({ kind: 'cancel', value: 0, at });
  }
}

class FakeNode {
  connect<T>(to: T): T {
    return to;
  }
  disconnect(): void {}
}

export class FakeGain extends FakeNode {
  readonly gain = new FakeParam();
}

export class FakeVoice extends FakeNode {
  readonly frequency = { value: 0 };
  onended: (() => void) | null = null;
  startAt = -1;
  stopAt = Infinity;
  start(at: number): void {
    this.startAt = at;
  }
  stop(at: number): void {
    this.stopAt = Math.min(this.stopAt, at);
  }
}

export class FakeAudio {
  currentTime = 0;
  state: 'suspended' | 'running' = 'running';
  /** Whether the browser lets sound begin. */
  allowed = true;
  readonly destination = {};
  readonly voices: FakeVoice[] = [];
  readonly gains: FakeGain[] = [];
  #pending: (() => void)[] = [];

  createOscillator(): FakeVoice {
    const voice = new FakeVoice();
    this.voices.push(voice);
    return voice;
  }
  createGain(): FakeGain {
    const gain = new FakeGain();
    this.gains.push(gain);
    return gain;
  }
  resume(): Promise<void> {
    if (!this.allowed) return new Promise((resolve) => this.#pending.push(resolve));
    this.state = 'running';
    for (const resolve of this.#pending.splice(0)) resolve();
    return Promise.resolve();
  }
  /** Voices that sound, or will, after `at`. */
  soundingAfter(at: number): FakeVoice[] {
    return this.voices.filter((voice) => voice.stopAt > at);
  }
}
