// A phone that rings by push hears the end of its ring from the next process too, which does not know whom the one before
// had rung (docs/reaching.md).
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { pause } from '../support/process.ts';
import { World } from '../support/push-world.ts';

const folder = mkdtempSync(`${tmpdir()}/carillon-push-restart-`);
let world: World;

beforeAll(async () => {
  world = await World.start({ args: ['--data-dir', folder] });
});
afterEach(() => world.empty());
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true });
});

async function killed(): Promise<void> {
  await world.kill();
  await world.startAgain();
}
async function replaced(): Promise<void> {
  world.server.takeLog();
  world.server.signal('SIGUSR2');
  await expect.poll(() => world.server.log.join('\n'), { timeout: 10_000 }).toContain('upgraded to carillon');
}

describe.each([
  ['killed', killed],
  ['replaced', replaced],
])('the server is %s', (how, nextProcess) => {
  test('and the caller gives up before push has tried again', async () => {
    const phone = await world.away(`bob-${how}/phone`);
    let alice = await world.connect('alice');
    const { callId } = await alice.request('start-call', { callees: [`bob-${how}`], media: 'audio' });
    await phone.next('call-started');
    await nextProcess();
    alice = await world.comeBack(alice);
    await alice.request('end-call', { callId });
    expect((await phone.next('end-call')).data).toMatchObject({ callId, reason: 'canceled' });
    expect((await phone.next('missed-call')).data).toMatchObject({ callId });
    await pause(2500);
    expect(phone.types).toEqual(['call-started', 'end-call', 'missed-call']);
  });

  test('and he answers on his laptop while his phone, which was connected too, rings by push', async () => {
    const bob = `bob-2-${how}`;
    const phone = await world.away(`${bob}/phone`);
    const alice = await world.connect('alice');
    let laptop = await world.connect(`${bob}/laptop`);
    const app = await world.connect(`${bob}/phone`);
    const { callId } = await alice.request('start-call', { callees: [bob], media: 'audio' });
    for (const wire of [laptop, app]) {
      await wire.next('call-started');
      await wire.request('ringing', { callId });
    }
    app.drop();
    await phone.next('call-started');
    await nextProcess();
    const back = await world.comeBack(alice);
    laptop = await world.comeBack(laptop);
    await laptop.request('accept-call', { callId });
    expect((await phone.next('end-call')).data).toMatchObject({ callId, reason: 'answered-elsewhere' });
    await back.request('end-call', { callId });
    expect(phone.types).toEqual(['call-started', 'end-call']);
  });
});

test('the ring runs out while the server is down', async () => {
  const phone = await world.away('bob-3/phone');
  const alice = await world.connect('alice');
  const { callId } = await alice.request('start-call', { callees: ['bob-3'], media: 'audio', ringSeconds: 5 });
  await phone.next('call-started');
  await world.kill();
  await pause(5000);
  await world.startAgain();
  expect((await phone.next('end-call')).data).toMatchObject({ callId, reason: 'timeout' });
  expect((await phone.next('missed-call')).data).toMatchObject({ callId });
  (await world.comeBack(alice)).close();
});
