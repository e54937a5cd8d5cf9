import { CarillonError } from 'carillon-sdk';
import { describe, expect, it } from 'vitest';
import { present } from '../../src/state/model';
import { FakeCall, fakeParticipant, t0 } from '../support/fake-client';
import { calling, settle, signedIn, talking, world } from '../support/signed-in';

const ben = { userId: 'ben', name: 'Ben Okafor' };
const mara = { userId: 'mara', name: 'Mara' };

describe('signing in', () => {
  it('asks for a token by the id that follows from the name, and remembers who it was', async () => {
    const w = world();
    await w.session.signIn('  Ana María ');
    expect(w.asked[0]).toEqual({ user: 'ana-maria', name: 'Ana María' });
    expect(w.store.me.value).toEqual({ userId: 'ana-maria', name: 'Ana María' });
    expect(JSON.parse(w.storage.get('carillon.me')!)).toEqual({ userId: 'ana-maria', name: 'Ana María' });
    expect(w.store.screen.value).toBe('home');
  });
  it('signs the same person in again when the page is opened anew', async () => {
    const w = world();
    w.storage.set('carillon.me', '{"userId":"ana","name":"Ana"}');
    w.session.restore();
    await settle();
    expect(w.store.connection.value).toBe('online');
  });
  it('takes no harm from a storage that somebody has written into', async () => {
    for (const text of ['{', '[]', '{"userId":1}', 'null', '""']) {
      const w = world();
      w.storage.set('carillon.me', text);
      w.session.restore();
      await settle();
      expect(w.store.screen.value).toBe('sign-in');
    }
  });
  it('asks for a name with a letter in it', async () => {
    const w = world();
    await w.session.signIn(' !! ');
    expect(w.store.signIn.value.error).toMatch(/name/u);
    expect(w.asked).toEqual([]);
  });
  it('says that the server is not there', async () => {
    const w = world();
    w.tokenStatus = 'down';
    await w.session.signIn('Ana');
    expect(w.store.signIn.value).toEqual({
      busy: false,
      error: expect.stringMatching(/cannot be reached/u) as unknown,
    });
  });
  it('says that a server without --dev lets nobody in by name', async () => {
    const w = world();
    w.tokenStatus = 404;
    await w.session.signIn('Ana');
    expect(w.store.signIn.value.error).toMatch(/--dev/u);
  });
  it('keeps trying when a remembered person opens the page while the server is down', async () => {
    const down = new CarillonError('token-failed', 'no network', undefined, new TypeError('fetch failed'));
    const w = world((client) => client.refusals.push(down, down));
    w.storage.set('carillon.me', '{"userId":"ana","name":"Ana"}');
    w.session.restore();
    await settle();
    expect(w.store.connection.value).toBe('unreachable');
    expect(w.store.screen.value).toBe('home');
    await w.pass();
    await w.pass();
    expect(w.store.connection.value).toBe('online');
  });
  it('goes back to the first page, with the reason, when the token is refused', async () => {
    const w = world((client) => client.refusals.push(new CarillonError('unauthorized', 'bad token')));
    w.storage.set('carillon.me', '{"userId":"ana","name":"Ana"}');
    w.session.restore();
    await settle();
    expect(w.store.screen.value).toBe('sign-in');
    expect(w.store.signIn.value.error).not.toBe(null);
  });
  it('is signed out by close code 4000, says so, and stays out', async () => {
    const w = await signedIn();
    w.client.go('closed', new CarillonError('closed', 'replaced'));
    expect(w.store.screen.value).toBe('signed-out');
    expect(w.storage.has('carillon.me')).toBe(false);
    w.session.signOut();
    expect(w.store.screen.value).toBe('sign-in');
  });
  it('remembers who was here when the page itself closes the connection, as at a reload', async () => {
    const w = await signedIn();
    w.client.go('closed');
    expect(w.storage.has('carillon.me')).toBe(true);
    expect(w.store.screen.value).toBe('home');
  });
  it('ends the connection when the person signs out', async () => {
    const w = await signedIn();
    w.session.signOut();
    expect(w.client.disconnected).toBe(1);
    expect(w.store.screen.value).toBe('sign-in');
    expect(w.store.people.value).toEqual([]);
  });
});

describe('the connection', () => {
  it('shows that it is lost, and that it is back', async () => {
    const w = await signedIn();
    w.client.go('reconnecting');
    expect(w.store.connection.value).toBe('reconnecting');
    w.client.go('connected');
    expect(w.store.connection.value).toBe('online');
  });
  it('lists everybody but oneself', async () => {
    const w = await signedIn();
    expect(w.store.people.value.map((one) => one.userId)).toEqual(['ben', 'mara']);
  });
  it('keeps a name that it knows when a restarted server knows the id only', async () => {
    const w = await signedIn();
    w.client.presence.set([{ userId: 'ben', name: 'ben', devices: 0 }]);
    expect(w.store.people.value[0]?.name).toBe('Ben Okafor');
  });
  it('works without presence when the server keeps that to itself', async () => {
    const w = await signedIn((client) => {
      client.presenceForbidden = true;
    });
    expect(w.store.presenceKnown.value).toBe(false);
    expect(w.store.screen.value).toBe('home');
  });
});

describe('calling somebody', () => {
  it('shows the call before the server has answered', async () => {
    const w = await signedIn();
    w.client.onStart = () => new Promise(() => undefined);
    void w.session.startCall(['ben'], 'video');
    expect(w.store.screen.value).toBe('outgoing');
    expect(w.store.call.value?.participants[0]?.name).toBe('Ben Okafor');
  });
  it('goes from calling to ringing to talking', async () => {
    const w = await calling();
    expect(w.store.call.value?.state).toBe('calling');
    w.call.ring('ben', 2);
    expect(w.store.call.value?.participants[0]?.ringing).toEqual({ devices: 2, via: 'socket', state: 'ringing' });
    w.call.answer('ben');
    expect(w.store.screen.value).toBe('call');
    expect(w.store.announcement.value.text).toBe('Ben Okafor answered.');
  });
  it.each([
    ['timeout', 'No answer'],
    ['declined', 'Call declined'],
    ['busy', 'Busy'],
    ['failed', 'The call failed'],
  ] as const)('says why it ended: %s', async (reason, title) => {
    const w = await calling();
    w.call.ring('ben');
    w.call.end(reason);
    expect(w.store.screen.value).toBe('ended');
    expect(w.store.ended.value?.words.title).toBe(title);
    expect(w.store.announcement.value).toMatchObject({ urgent: true });
  });
  it('says unreachable, not "no answer", when nothing ever rang there', async () => {
    const w = await calling();
    w.call.end('timeout');
    expect(w.store.ended.value?.reason).toBe('unreachable');
  });
  it('says "no answer" when a push went out, since somebody may have heard it', async () => {
    const w = await calling();
    w.call.reach('ben', 'reaching');
    w.call.end('timeout');
    expect(w.store.ended.value?.reason).toBe('timeout');
  });
  it('says unreachable when the server could tell nobody', async () => {
    const w = await calling();
    w.call.reach('ben', 'unreachable', 0);
    w.call.end('timeout');
    expect(w.store.ended.value?.reason).toBe('unreachable');
  });
  it('calls the same people again, the same way', async () => {
    const w = await calling(['ben', 'mara']);
    w.call.end('timeout');
    await w.session.callAgain();
    expect(w.client.started[1]).toMatchObject({ callees: ['ben', 'mara'], media: 'video' });
  });
  it('hangs up a call that was canceled before the server answered, and does not show it', async () => {
    const w = await signedIn();
    let answer!: (call: FakeCall) => void;
    w.client.onStart = () => new Promise((resolve) => (answer = resolve));
    const started = w.session.startCall(['ben'], 'video');
    await w.session.hangUp();
    expect(w.store.ended.value?.reason).toBe('canceled');
    const late = new FakeCall('late', [fakeParticipant('ben')]);
    answer(late);
    await started;
    expect(late.left).toBe(1);
    expect(w.store.call.value).toBe(null);
  });
  it.each([
    ['forbidden', 'forbidden'],
    ['not-found', 'unreachable'],
    ['timeout', 'disconnected'],
    ['internal', 'failed'],
  ] as const)('tells why it could not even start: %s', async (code, reason) => {
    const w = await signedIn();
    w.client.onStart = () => Promise.reject(new CarillonError(code, 'as the test wants'));
    await w.session.startCall(['ben'], 'audio');
    expect(w.store.ended.value?.reason).toBe(reason);
    expect(w.store.call.value).toBe(null);
  });
  it('starts no second call while one is on', async () => {
    const w = await calling();
    await w.session.startCall(['mara'], 'audio');
    expect(w.client.started).toHaveLength(1);
  });
});

describe('being called', () => {
  it('fills the screen with who calls and who else', async () => {
    const w = await signedIn();
    w.client.ring('in', ben, { callees: ['me', 'mara'] });
    expect(w.store.screen.value).toBe('incoming');
    expect(w.store.incoming.value[0]).toMatchObject({ caller: ben, others: [mara], ringUntil: t0 + 30_000 });
    expect(w.store.announcement.value).toMatchObject({
      urgent: true,
      text: expect.stringContaining('Ben Okafor calls you') as unknown,
    });
  });
  it("while the server has not answered one's own call yet gives that one up", async () => {
    const w = await signedIn();
    let answer!: (call: FakeCall) => void;
    w.client.onStart = () => new Promise((resolve) => (answer = resolve));
    const started = w.session.startCall(['mara'], 'video');
    w.client.ring('in', ben);
    await w.session.accept('in', 'audio');
    const late = new FakeCall('late', [fakeParticipant('mara')]);
    answer(late);
    await started;
    expect(late.left).toBe(1);
    expect(w.store.call.value?.id).toBe('in');
  });
  it('answers with video or with sound only', async () => {
    for (const media of ['video', 'audio'] as const) {
      const w = await signedIn();
      const incoming = w.client.ring('in', ben);
      await w.session.accept('in', media);
      expect(incoming.answeredWith).toEqual({ audio: true, video: media === 'video' });
      expect(w.store.screen.value).toBe('call');
      expect(w.store.incoming.value).toEqual([]);
    }
  });
  it('goes back home after a decline, with a small word', async () => {
    const w = await signedIn();
    const incoming = w.client.ring('in', ben);
    await w.session.decline('in');
    expect(incoming.declined).toBe('declined');
    expect(w.store.screen.value).toBe('home');
    expect(w.store.notices.value[0]?.text).toMatch(/declined/u);
  });
  it.each(['canceled', 'timeout'] as const)('tells of a missed call: %s', async (reason) => {
    const w = await signedIn();
    w.client.ring('in', ben).end(reason);
    expect(w.store.ended.value?.words.title).toBe('Missed call');
  });
  it.each(['answered-elsewhere', 'declined-elsewhere'] as const)(
    'stops ringing when another device was faster: %s',
    async (reason) => {
      const w = await signedIn();
      w.client.ring('in', ben).end(reason);
      expect(w.store.screen.value).toBe('home');
      expect(w.store.notices.value[0]).toMatchObject({ end: true });
    },
  );
  it('leaves the talk alone when a second call comes, and ends it only for "end and answer"', async () => {
    const w = await talking();
    w.client.ring('second', mara);
    expect(w.store.screen.value).toBe('call');
    expect(w.store.incoming.value).toHaveLength(1);
    await w.session.accept('second', 'video');
    expect(w.call.left).toBe(1);
    expect(w.store.call.value?.id).toBe('second');
    expect(w.store.ended.value).toBe(null);
  });
  it('declines a second call as busy', async () => {
    const w = await talking();
    const second = w.client.ring('second', mara);
    await w.session.decline('second');
    expect(second.declined).toBe('busy');
    expect(w.store.screen.value).toBe('call');
    expect(w.call.left).toBe(0);
  });
  it('takes the screen again after another call has ended', async () => {
    const w = await calling();
    w.call.end('timeout');
    w.client.ring('in', mara);
    expect(w.store.screen.value).toBe('incoming');
  });
});

describe('in a call', () => {
  it('tells of those who decline, leave or do not answer, while the others talk on', async () => {
    const w = await calling(['ben', 'mara', 'yusuf']);
    for (const one of ['ben', 'mara', 'yusuf']) w.call.ring(one);
    w.call.answer('ben');
    w.call.decline('mara', 'busy');
    w.call.lose('yusuf', 'timeout');
    expect(w.store.screen.value).toBe('call');
    expect(w.store.notices.value.map((one) => one.text)).toEqual(['Mara is in another call.', 'yusuf did not answer.']);
    expect(present(w.store.call.value!).map((p) => p.userId)).toEqual(['ben']);
  });
  it('notes how long it lasted, and who hung up', async () => {
    const w = await talking();
    w.client.now = t0 + 61_000;
    w.call.end('hangup');
    expect(w.store.ended.value).toMatchObject({ lastedMs: 61_000, words: { detail: 'Ben Okafor hung up.' } });
    expect(w.store.announcement.value.text).toContain('It lasted 1 minute 1 second.');
  });
  it('knows that it was us who hung up', async () => {
    const w = await talking();
    await w.session.hangUp();
    expect(w.store.ended.value?.words.title).toBe('You hung up');
  });
  it('mutes and unmutes, and switches the camera', async () => {
    const w = await talking();
    await w.session.toggleMicrophone();
    expect(w.call.local.microphone.muted).toBe(true);
    await w.session.toggleMicrophone();
    expect(w.call.local.microphone.muted).toBe(false);
    await w.session.toggleCamera();
    expect(w.call.local.camera.state).toBe('on');
    await w.session.toggleCamera();
    expect(w.call.local.camera.state).toBe('off');
  });
  it('says what to do when the browser forbids the camera, once', async () => {
    const w = await talking();
    w.call.local.camera.failsWith = 'permission-denied';
    await w.session.toggleCamera();
    w.call.failMedia('permission-denied', w.call.local.camera);
    expect(w.store.notices.value).toHaveLength(1);
    expect(w.store.notices.value[0]).toMatchObject({
      tone: 'warning',
      text: expect.stringMatching(/camera.*Allow/u) as unknown,
    });
    await w.pass();
    expect(w.store.notices.value).toHaveLength(1);
    w.session.dismiss(w.store.notices.value[0]!.id);
    expect(w.store.notices.value).toEqual([]);
  });
  it('says it in one sentence when the browser forbids both', async () => {
    const w = await talking();
    w.call.failMedia('permission-denied', w.call.local.microphone);
    w.call.failMedia('permission-denied', w.call.local.camera);
    w.call.failMedia('permission-denied', w.call.local.microphone);
    expect(w.store.notices.value.map((one) => one.text)).toEqual([
      expect.stringContaining('camera or microphone') as unknown,
    ]);
  });
  it('takes the warning away with the call', async () => {
    const w = await talking();
    w.call.failMedia('device-not-found', w.call.local.camera);
    w.call.end('hangup');
    expect(w.store.notices.value).toEqual([]);
  });
  it('takes no notice of somebody who picked no screen', async () => {
    const w = await talking();
    w.call.local.screen.failsWith = 'permission-denied';
    await w.session.toggleScreen();
    expect(w.store.notices.value).toEqual([]);
  });
  it('rings more people', async () => {
    const w = await talking();
    await w.session.invite(['mara']);
    expect(w.call.invited).toEqual(['mara']);
  });
  it('lets small notices go by themselves', async () => {
    const w = await talking(['ben', 'mara']);
    w.call.lose('mara', 'hangup');
    expect(w.store.notices.value).toHaveLength(1);
    await w.pass();
    expect(w.store.notices.value).toEqual([]);
  });
});

describe('a click on a notification', () => {
  const ringing = async () => {
    const w = await signedIn();
    const incoming = w.client.ring('in', ben, { media: 'video' });
    const call = w.client.incoming[0]!;
    return { w, incoming, call };
  };
  it('on "Answer" goes straight into the call, with what the caller wants to see', async () => {
    const { w, incoming, call } = await ringing();
    w.client.emitNow('notification', { action: 'accept', callId: 'in', call });
    await settle();
    expect(incoming.answeredWith).toEqual({ audio: true, video: true });
    expect(w.store.screen.value).toBe('call');
  });
  it('on the notification itself leaves the choice', async () => {
    const { w, incoming, call } = await ringing();
    w.client.emitNow('notification', { action: 'open', callId: 'in', call });
    await settle();
    expect(incoming.answeredWith).toBe(null);
    expect(w.store.screen.value).toBe('incoming');
  });
  it.each(['accept', 'open'] as const)('says that the call is over when it is: %s', async (action) => {
    const w = await signedIn();
    w.client.emitNow('notification', { action, callId: 'gone', call: null });
    expect(w.store.notices.value).toMatchObject([{ text: 'The call is over.', end: true }]);
    expect(w.store.screen.value).toBe('home');
  });
  it('that opened the page says so until it is connected, and never longer', async () => {
    const w = world();
    w.storage.set('carillon.me', '{"userId":"me","name":"Me"}');
    w.session.restore();
    expect(w.store.opensCall.value).toBe(true);
    await settle();
    expect(w.store.connection.value).toBe('online');
    expect(w.store.opensCall.value).toBe(false);
  });
  it('opens nothing for somebody who has to sign in first', () => {
    const w = world();
    w.session.restore();
    expect(w.store.opensCall.value).toBe(false);
  });
  it('on a missed call shows the list, whatever was on', async () => {
    const w = await calling();
    w.call.end('timeout');
    w.client.emitNow('notification', { action: 'history', callId: null, call: null });
    expect(w.store.screen.value).toBe('home');
    expect(w.store.tab.value).toBe('calls');
  });
});

describe('being rung while the page is closed', () => {
  it('is shown as it is, and turned on and off', async () => {
    const w = await signedIn();
    expect(w.store.push.value).toMatchObject({ state: 'off', busy: false });
    await w.session.turnPush(true);
    expect(w.store.push.value).toMatchObject({ state: 'on', busy: false, problem: null });
    await w.session.turnPush(false);
    expect(w.store.push.value).toMatchObject({ state: 'off' });
  });
  it('is busy meanwhile, and takes no second click', async () => {
    const w = await signedIn();
    let done!: () => void;
    let asked = 0;
    w.client.onEnable = () => new Promise((resolve) => (++asked, (done = resolve)));
    const first = w.session.turnPush(true);
    await w.session.turnPush(true);
    expect(w.store.push.value.busy).toBe(true);
    done();
    await first;
    expect([w.store.push.value.busy, asked]).toEqual([false, 1]);
  });
  it.each([
    ['push-failed', /push service/u],
    ['permission-denied', /permission/u],
    ['internal', /server/u],
  ] as const)('says why it could not be turned on: %s', async (code, words) => {
    const w = await signedIn();
    w.client.onEnable = () => Promise.reject(new CarillonError(code, 'as the test wants'));
    await w.session.turnPush(true);
    expect(w.store.push.value).toMatchObject({ state: 'off', busy: false });
    expect(w.store.push.value.problem).toMatch(words);
    w.client.onEnable = async () => w.client.setPush('on');
    await w.session.turnPush(true);
    expect(w.store.push.value).toMatchObject({ state: 'on', problem: null });
  });
  it('follows what the browser and the server say', async () => {
    const w = await signedIn();
    w.client.setPush('denied');
    expect(w.store.push.value.state).toBe('denied');
  });
  it('ends when the person signs out, before the connection does', async () => {
    const w = await signedIn();
    await w.session.turnPush(true);
    const { client } = w;
    const order: string[] = [];
    const [disable, disconnect] = [client.disablePush.bind(client), client.disconnect.bind(client)];
    client.disablePush = async () => (order.push('off'), disable());
    client.disconnect = () => (order.push('disconnect'), disconnect());
    w.session.signOut();
    expect(w.store.screen.value).toBe('sign-in');
    await settle();
    expect(order).toEqual(['off', 'disconnect']);
  });
  it('ends when the server signs the person out', async () => {
    const w = await signedIn();
    await w.session.turnPush(true);
    w.client.go('closed', new CarillonError('closed', 'replaced'));
    await settle();
    expect(w.client.pushesOff).toBe(1);
  });
  it('of the one before does not touch the next who signs in', async () => {
    const w = await signedIn();
    await w.session.turnPush(true);
    const before = w.client;
    let told!: () => void;
    before.disablePush = () => new Promise((resolve) => (told = resolve));
    w.session.signOut();
    const signing = w.session.signIn('Mara');
    await settle();
    expect(w.client).toBe(before);
    told();
    await signing;
    expect(w.client).not.toBe(before);
    expect(w.store.connection.value).toBe('online');
  });
});
