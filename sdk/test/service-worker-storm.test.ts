// Pushes in any order, twice or not at all, clicks between them, a server that comes and goes: whatever happens, nothing
// rings that is over, a browser sees something for each push, and no event lasts.

import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { handleCalls } from '../src/service-worker/index.js';
import { FakeWorker, type ServerMood } from './fake-worker.js';
import { fakeTime } from './world.js';

fakeTime();

const T0 = Date.UTC(2026, 0, 1, 12);
const RING_MS = 30_000;

const call = fc.constantFrom('a', 'b');
const reason = fc.constantFrom('timeout', 'canceled', 'answered-elsewhere', 'declined-elsewhere', 'hangup');
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ring' as const), call }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), call, reason }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('missed' as const), call }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('click' as const), action: fc.constantFrom('', 'accept', 'decline') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('dismiss' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 40_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('mood' as const),
      mood: fc.constantFrom<ServerMood>('up', 'up', 'down', 'dead'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('worker' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The truth, and a phone that hears of it. */
class Storm {
  worker = new FakeWorker();
  readonly problems: string[] = [];
  /** Call → when it began to ring, and why it is over. One ring each: a second one is another call. */
  readonly calls = new Map<string, { since: number; over: string | null }>();

  constructor() {
    handleCalls({}, this.worker);
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) await this.#step(each);
  }

  async #step(step: Step): Promise<void> {
    const { worker } = this;
    switch (step.do) {
      case 'wait':
        await vi.advanceTimersByTimeAsync(step.ms);
        return this.#truth();
      case 'mood':
        worker.mood = step.mood;
        return;
      case 'worker':
        return this.#restart();
      case 'dismiss': {
        const [notification] = worker.screen;
        notification?.close();
        if (notification) await this.#event(worker.dispatch('notificationclose', { notification }));
        return;
      }
      case 'click': {
        const notification = worker.screen.at(-1);
        if (notification) await this.#event(worker.click(step.action, notification));
        return;
      }
      case 'end':
        this.#end(step.call, step.reason);
        return this.#push(step.call, { type: 'end-call', reason: this.#known(step.call).over });
      case 'missed':
        this.#end(step.call, 'timeout');
        return this.#push(step.call, { type: 'missed-call', callerId: 'ben', callerName: 'Ben' });
      case 'ring': {
        const { since } = this.#known(step.call);
        return this.#push(step.call, {
          type: 'call-started',
          callerId: 'ben',
          callerName: 'Ben',
          media: 'audio',
          serverTime: since,
          ringUntil: since + RING_MS,
          ticket: step.call,
        });
      }
    }
  }

  /** The browser has stopped the worker, and starts it anew; what is on screen stays. */
  #restart(): void {
    const before = this.worker;
    vi.clearAllTimers(); // Its own went with it.
    this.worker = new FakeWorker();
    this.worker.mood = before.mood;
    this.worker.follow(before);
    this.#truth();
    handleCalls({}, this.worker);
  }

  async #push(callId: string, payload: object): Promise<void> {
    const { worker } = this;
    const reached = worker.mood === 'up';
    await this.#event(worker.push({ callId, serverTime: Date.now(), ...payload }));
    if (worker.screen.length === 0) this.problems.push('nothing was to be seen after a push');
    const rings = worker.screen.some(({ tag, options }) => tag === callId && options.requireInteraction === true);
    if (rings && reached && this.#known(callId).over !== null) this.problems.push(`${callId} rings though it is over`);
  }

  async #event(event: Promise<void>): Promise<void> {
    const began = Date.now();
    let over = false;
    void event.then(
      () => (over = true),
      (error: unknown) => this.problems.push(`thrown: ${String(error)}`),
    );
    for (let i = 0; i < 320 && !over; ++i) await vi.advanceTimersByTimeAsync(i === 0 ? 0 : 100);
    if (!over || Date.now() - began > 26_000) this.problems.push('an event lasted too long');
    this.#truth();
  }

  #known(callId: string): { since: number; over: string | null } {
    let known = this.calls.get(callId);
    if (!known) this.calls.set(callId, (known = { since: Date.now(), over: null }));
    return known;
  }

  #end(callId: string, why: string): void {
    this.#known(callId).over ??= why;
    this.#truth();
  }

  /** What the server would say now. */
  #truth(): void {
    for (const [callId, known] of this.calls) {
      if (known.over === null && Date.now() > known.since + RING_MS) known.over = 'timeout';
      const state = known.over === null ? 'ringing' : known.over === 'answered-elsewhere' ? 'active' : 'ended';
      this.worker.byTicket.set(callId, { state, ...(known.over !== null && { reason: known.over as never }) });
    }
  }
}

describe('The worker in a storm', () => {
  it('rings for nothing that is over, shows something for each push, and lets no event last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        vi.setSystemTime(T0);
        vi.clearAllTimers();
        const storm = new Storm();
        await storm.run(steps);
        expect(storm.problems).toEqual([]);
      }),
      { numRuns: 400 },
    );
  }, 60_000);
});
