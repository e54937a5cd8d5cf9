// A service worker that is pushed to: the ladder that its tests climb.

import { expect, vi } from 'vitest';
import { handleCalls, type HandleCallsOptions } from '../src/service-worker/index.js';
import { FakeWorker, type FakeNotification } from './fake-worker.js';

export const T0 = Date.UTC(2026, 0, 1, 12);

export function worker(options: HandleCallsOptions = {}): FakeWorker {
  vi.setSystemTime(T0);
  const made = new FakeWorker();
  handleCalls(options, made);
  return made;
}

export const ring = (rest: object = {}): object => ({
  type: 'call-started',
  callId: 'call-1',
  roomId: 'room-1',
  callerId: 'ben',
  callerName: 'Ben Okafor',
  media: 'video',
  serverTime: T0,
  ringUntil: T0 + 30_000,
  ticket: 'ticket-1',
  ...rest,
});
export const end = (reason: string, rest: object = {}): object => ({
  type: 'end-call',
  callId: 'call-1',
  reason,
  serverTime: Date.now(),
  ...rest,
});
export const missed = (rest: object = {}): object => ({
  type: 'missed-call',
  callId: 'call-1',
  callerId: 'ben',
  callerName: 'Ben Okafor',
  serverTime: Date.now(),
  ...rest,
});

/** The event, with time running until it is done. */
export async function done(event: Promise<void>, ms = 30_000): Promise<void> {
  let over = false;
  void event.then(() => (over = true));
  for (let waited = 0; !over && waited < ms; waited += 100) await vi.advanceTimersByTimeAsync(100);
  expect(over).toBe(true);
  await event;
}

export const onScreen = ({ screen }: FakeWorker): string[] =>
  screen.map(({ title, options }: FakeNotification) => `${title}: ${options.body}`);

export async function ringing(rest: object = {}, options: HandleCallsOptions = {}): Promise<FakeWorker> {
  const made = worker(options);
  await done(made.push(ring(rest)));
  return made;
}
