// An operator ends all sessions of a user: whatever was given out for him opens nothing any more, and nobody else notices.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { World } from '../support/push-world.ts';
import { Wire } from '../support/wire.ts';

let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterEach(() => world.empty());
afterAll(() => world.stop());

/** Who may: tests/authorisation.test.ts. */
const signOut = () => world.rest('DELETE', '/v1/users/bob/sessions');

test('sessions end, and resume tokens, subscriptions and tickets with them', async () => {
  const tablet = await world.away('bob/tablet');
  const [alice, phone, laptop] = await Promise.all(
    ['alice', 'bob/phone', 'bob/laptop'].map((who) => world.connect(who)),
  );
  const { callId } = await alice!.request('start-call', { callees: ['bob'], media: 'audio' });
  const { ticket } = (await tablet.next('call-started')).data;
  await phone!.next('call-started');
  await phone!.request('accept-call', { callId });
  await alice!.next('call-accepted');

  expect((await world.rest('GET', `/v1/tickets/${ticket}/call`)).status).toBe(200);

  // One of his devices is away, and could come back.
  laptop!.drop();
  await world.server.until(({ sessions }) => sessions === 2);
  expect(await signOut()).toEqual({ status: 200, body: { sessions: 2, subscriptions: 1 } });
  expect(await alice!.next('end-call')).toMatchObject({ callId, reason: 'hangup' });
  await expect.poll(() => phone!.closed).toMatchObject({ code: 4000, reason: expect.stringMatching(/^unauthorized/) });
  for (const { welcome } of [phone!, laptop!]) {
    const resumed = Wire.open(`${world.server.wsUrl}?resume=${welcome.resumeToken}`, ['protoo']);
    await expect(resumed).rejects.toMatchObject({ code: 401 });
  }
  expect((await world.rest('GET', `/v1/tickets/${ticket}/call`)).status).toBe(401);
  expect((await world.rest('POST', `/v1/tickets/${ticket}/decline`)).status).toBe(401);

  // Nothing rings for him any more, and for others all is as before.
  const again = await alice!.request('start-call', { callees: ['bob'], media: 'audio' });
  await alice!.request('end-call', { callId: again.callId });
  expect(await signOut()).toEqual({ status: 200, body: { sessions: 0, subscriptions: 0 } });
  // With a new access token he is back.
  expect((await world.connect('bob/phone')).welcome.calls).toEqual([]);
});
