// The long trials of tests/soak, so short that they only show that they still run and that nothing is left over: calls with
// faults, rooms that come and go, people who never read, and so on. docs/soak.md has the figures of the long runs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { calls } from '../../soak/calls.ts';
import { churn } from '../../soak/churn.ts';
import { connects } from '../../soak/connects.ts';
import { idle } from '../../soak/idle.ts';
import { soak } from '../../soak/main.ts';
import { requests } from '../../soak/requests.ts';
import { slowReaders } from '../../soak/slow-readers.ts';
import { workerDeath } from '../../soak/worker-death.ts';

/** What grows once, caches and the like, is most of what a short run sees. */
const tolerance = 25;

test('calls with faults: nothing is left of them', { timeout: 180_000 }, async () => {
  const out = mkdtempSync(`${tmpdir()}/carillon-soak-`);
  const options = { minutes: 0.4, circles: 10, seed: 7, strikeSeconds: 6, graceSeconds: 2 };
  const { ok, lines } = await soak({ ...options, tolerance, out });
  rmSync(out, { recursive: true });
  expect(ok, lines.join('\n')).toBe(true);
});

test('trial 7: rooms come and go, 50 a second', { timeout: 120_000 }, async () => {
  const { ok, lines } = await churn({ seconds: 10, tolerance });
  expect(ok, lines.join('\n')).toBe(true);
});

test('trial 10: 200 who never read', { timeout: 180_000 }, async () => {
  const { ok, lines } = await slowReaders({ seconds: 1 });
  expect(ok, lines.join('\n')).toBe(true);
});

test('trial 1: many who are connected and do nothing', { timeout: 120_000 }, async () => {
  const { ok, lines } = await idle({ clients: 200, seconds: 2 });
  expect(ok, lines.join('\n')).toBe(true);
});

test('trial 2: many who connect over TLS, and more than may', { timeout: 120_000 }, async () => {
  const { ok, lines } = await connects({ clients: 20, seconds: 4 });
  expect(ok, lines.join('\n')).toBe(true);
});

test('trial 3: requests of all kinds', { timeout: 120_000 }, async () => {
  const { ok, lines } = await requests({ perSecond: 200, seconds: 3 });
  expect(ok, lines.join('\n')).toBe(true);
});

test('trial 4: calls with everything, one after the other', { timeout: 120_000 }, async () => {
  const { ok, lines } = await calls({ perMinute: 120, seconds: 5, talkSeconds: 1 });
  expect(ok, lines.join('\n')).toBe(true);
});

test('trial 11: kill -9 of the worker of half of the calls', { timeout: 120_000 }, async () => {
  const { ok, lines } = await workerDeath({ calls: 6, times: 1 });
  expect(ok, lines.join('\n')).toBe(true);
});
