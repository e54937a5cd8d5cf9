// Malformed frames and messages: each gets an error with its place, or a close code. The server lives, and a call that
// is on is not disturbed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { enterRoom } from '../support/media-world.ts';
import { Server } from '../support/server.ts';
import { Wire } from '../support/wire.ts';

let server: Server;
let alice: Wire;
let bob: Wire;
let callId: string;

beforeAll(async () => {
  server = await Server.start();
  alice = await Wire.connect(server, 'alice');
  bob = await Wire.connect(server, 'bob');
  ({ callId } = await alice.request('start-call', { callees: ['bob'], media: 'audio' }));
  await bob.next('call-started');
  await bob.request('accept-call', { callId });
  await alice.next('call-accepted');
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const request = (method: unknown, data: unknown, id: unknown = 1) =>
  JSON.stringify({ request: true, id, method, data });

/** Text that is no answerable request: a close code comes. */
const closes: [string, string | Buffer, number][] = [
  ['nothing', '', 1007],
  ['not JSON', '{', 1007],
  ['a trailing comma', '{"request":true,}', 1007],
  ['two values', '{}{}', 1007],
  ['an array', '[]', 1007],
  ['a number', '42', 1007],
  ['null', 'null', 1007],
  ['a string', '"request"', 1007],
  ['an empty object', '{}', 1007],
  ['request: false', '{"request":false,"id":1,"method":"m"}', 1007],
  ['request: 1', '{"request":1,"id":1,"method":"m"}', 1007],
  ['no id', '{"request":true,"method":"m"}', 1007],
  ['id null', request('m', {}, null), 1007],
  ['id text', request('m', {}, '1'), 1007],
  ['id list', request('m', {}, [1]), 1007],
  ['id too large a number', '{"request":true,"id":1e999,"method":"m"}', 1007],
  ['response without id', '{"response":true,"ok":true}', 1007],
  ['response with a negative id', '{"response":true,"id":-4,"ok":true}', 1007],
  ['response with a fraction', '{"response":true,"id":1.5,"ok":true}', 1007],
  ['notification without method', '{"notification":true}', 1007],
  ['notification with data text', '{"notification":true,"method":"m","data":"x"}', 1007],
  ['NaN', '{"request":true,"id":NaN,"method":"m"}', 1007],
  ['a comment', '{/*x*/"request":true,"id":1,"method":"m"}', 1007],
  ['single quotes', "{'request':true}", 1007],
  ['nesting without end', `{"request":true,"id":1,"method":"m","data":{"a":${deep(5000)}}}`, 1007],
  ['a lone surrogate', '{"request":true,"id":1,"method":"\\ud800"}', 1007],
  ['a raw NUL', '{"request":true,"id":1,"method":"a\u0000b"}', 1007],
  ['a binary frame', Buffer.from('{"request":true,"id":1,"method":"m"}'), 1003],
  ['70 KiB', `"${'x'.repeat(70 * 1024)}"`, 1009],
];

describe.each(closes)('closed: %s', (_name, text, code) => {
  test(`close code ${code}`, async () => {
    const mallory = await Wire.connect(server, 'mallory');
    mallory.socket.send(text);
    expect((await mallory.untilClosed()).code).toBe(code);
  });
});

const start = (data: unknown): [string, unknown] => ['start-call', data];
const good = { callees: ['bob'], media: 'audio' };

/** Requests: an error with the place comes, and the session lives. */
const refused: [string, unknown, string][] = [
  [...start(null), 'data.callees'],
  [...start([]), 'data'],
  [...start('x'), 'data'],
  [...start({}), 'data.callees'],
  [...start({ ...good, callees: null }), 'data.callees'],
  [...start({ ...good, callees: 'bob' }), 'data.callees'],
  [...start({ ...good, callees: {} }), 'data.callees'],
  [...start({ ...good, callees: [] }), 'nobody is called'],
  [...start({ ...good, callees: [7] }), 'data.callees[0]'],
  [...start({ ...good, callees: ['bob', null] }), 'data.callees[1]'],
  [...start({ ...good, callees: [['bob']] }), 'data.callees[0]'],
  [...start({ ...good, callees: [''] }), 'data.callees[0]'],
  [...start({ ...good, callees: ['x'.repeat(129)] }), 'data.callees[0]'],
  [...start({ ...good, callees: ['a\u0000'] }), 'data.callees[0]'],
  [...start({ ...good, callees: ['a\nb'] }), 'data.callees[0]'],
  [...start({ ...good, callees: ['mallory'] }), ''],
  [...start({ ...good, callees: Array.from({ length: 500 }, (_, i) => `u${i}`) }), ''],
  [...start({ callees: ['bob'] }), 'data.media'],
  [...start({ ...good, media: 'Video' }), 'data.media'],
  [...start({ ...good, media: 1 }), 'data.media'],
  [...start({ ...good, ringSeconds: 0 }), 'data.ringSeconds'],
  [...start({ ...good, ringSeconds: -5 }), 'data.ringSeconds'],
  [...start({ ...good, ringSeconds: 121 }), 'data.ringSeconds'],
  [...start({ ...good, ringSeconds: 2.5 }), 'data.ringSeconds'],
  [...start({ ...good, ringSeconds: '30' }), 'data.ringSeconds'],
  [...start({ ...good, ringSeconds: 2 ** 63 }), 'data.ringSeconds'],
  [...start({ ...good, roomId: 5 }), 'data.roomId'],
  [...start({ ...good, roomId: '' }), 'data.roomId'],
  [...start({ ...good, requestId: {} }), 'data.requestId'],
  [...start({ ...good, metadata: 'x' }), 'data.metadata'],
  [...start({ ...good, metadata: { x: 'y'.repeat(4097) } }), 'data.metadata'],
  ['accept-call', {}, 'data.callId'],
  ['accept-call', { callId: 1 }, 'data.callId'],
  ['accept-call', { callId: 'nobody knows it' }, ''],
  ['decline-call', { callId: 'x', reason: 'hangup' }, 'data.reason'],
  ['decline-call', { callId: 'x' }, ''],
  ['end-call', { callId: 'x', everyone: 'yes' }, 'data.everyone'],
  ['end-call', { callId: true }, 'data.callId'],
  ['invite', { callId: 'x' }, 'data.callees'],
  ['invite', { callId: 'x', callees: [null] }, 'data.callees[0]'],
  ['join-call', { callId: [] }, 'data.callId'],
  ['leave-call', { callId: null }, 'data.callId'],
  ['', {}, 'method'],
  [4 as unknown as string, {}, 'method'],
  ['start-call\u0000', good, 'method'],
  ['START-CALL', good, 'method'],
  ['__proto__', {}, 'method'],
  ['x'.repeat(65), {}, 'method'],
  ['createWebRtcTransport', {}, 'data.callId'],
  ['createWebRtcTransport', { callId: 7 }, 'data.callId'],
  ['createWebRtcTransport', { forceTcp: 'no' }, 'data.forceTcp'],
  ['createWebRtcTransport', { appData: { direction: 'up' } }, 'data.appData.direction'],
  ['connectWebRtcTransport', {}, 'data.transportId'],
  ['restartIce', { transportId: {} }, 'data.transportId'],
  ['join', { displayName: [] }, 'data.displayName'],
  ['join', { device: 'phone' }, 'data.device'],
  ['produce', {}, 'data.transportId'],
  ['produce', { transportId: 't', kind: 'smell' }, 'data.kind'],
  ['produceData', { transportId: 't', label: 1 }, 'data.label'],
  ['closeProducer', {}, 'data.producerId'],
  ['pauseProducer', { producerId: null }, 'data.producerId'],
  ['resumeProducer', { producerId: 'x'.repeat(65) }, 'data.producerId'],
  ['pauseConsumer', {}, 'data.consumerId'],
  ['resumeConsumer', { consumerId: 4 }, 'data.consumerId'],
  ['requestConsumerKeyFrame', {}, 'data.consumerId'],
  ['setConsumerPreferredLayers', { consumerId: 'c' }, 'data.spatialLayer'],
  ['setConsumerPreferredLayers', { consumerId: 'c', spatialLayer: 99 }, 'data.spatialLayer'],
  ['setConsumerPriority', { consumerId: 'c', priority: 0 }, 'data.priority'],
  ['getTransportStats', {}, 'data.transportId'],
  ['getProducerStats', {}, 'data.producerId'],
  ['getConsumerStats', {}, 'data.consumerId'],
];

describe.each(refused)('refused: %s %j', (method, data, place) => {
  test(`names ${place || 'the reason'}`, async () => {
    const before = await server.counts();
    const mallory = await Wire.connect(server, 'mallory');
    const answer = await mallory.answerTo(JSON.parse(request(method, data, 9)));
    expect(answer).toMatchObject({ response: true, id: 9, ok: false });
    expect(answer.errorCode).toBeGreaterThanOrEqual(400);
    expect(answer.errorCode).toBeLessThan(500);
    expect(answer.errorReason).toContain(place);
    expect(answer.errorReason!.length).toBeGreaterThan(5);
    expect(typeof answer.data.code).toBe('string');
    mallory.close();
    await mallory.untilClosed();
    await server.until((c) => c.sessions === before.sessions);
    expect(await server.counts()).toEqual(before);
  });
});

test('media of another call cannot be touched', async () => {
  const mallory = await Wire.connect(server, 'mallory');
  for (const method of ['createWebRtcTransport', 'join', 'getRouterRtpCapabilities']) {
    await expect(mallory.request(method, { callId })).rejects.toMatchObject({ code: 404 });
  }
  for (const method of ['end-call', 'leave-call', 'accept-call', 'decline-call']) {
    await expect(mallory.request(method, { callId })).rejects.toMatchObject({ name: expect.any(String) });
  }
  mallory.close();
});

test('the id of a data stream that is in use is refused, one after the other and at once', async () => {
  const carol = await Wire.connect(server, 'carol');
  const call = await carol.request('start-call', { callees: ['dave'], media: 'audio' });
  const { transportId } = await enterRoom(carol, call.callId); // has stream 0
  const produce = (streamId: number) =>
    carol.request('produceData', { callId: call.callId, transportId, sctpStreamParameters: { streamId } });
  const taken = {
    code: 409,
    name: 'conflict',
    reason: 'data.sctpStreamParameters.streamId: in use on this transport',
  };
  const before = await server.counts();
  await expect(produce(0)).rejects.toMatchObject(taken);
  expect(await server.counts()).toEqual(before);
  await produce(1);
  await expect(produce(1)).rejects.toMatchObject(taken);
  // Two requests in one breath: the first one has it, the second is told the same.
  const [first, second] = await Promise.allSettled([produce(2), produce(2)]);
  expect(first).toMatchObject({ status: 'fulfilled' });
  expect(second).toMatchObject({ status: 'rejected', reason: taken });
  await carol.request('end-call', { callId: call.callId });
  carol.close();
});

test('parameters that would hurt the worker are refused with their place', async () => {
  const transport = await alice.request('createWebRtcTransport', { callId, producing: true, consuming: false });
  const connect = (dtlsParameters: unknown) =>
    alice.request('connectWebRtcTransport', { callId, transportId: transport.id, dtlsParameters });
  await expect(connect(undefined)).rejects.toThrow('data.dtlsParameters');
  await expect(connect({ fingerprints: [] })).rejects.toThrow('data.dtlsParameters.fingerprints');
  await expect(connect({ fingerprints: [{ algorithm: 'md5', value: 'AA' }] })).rejects.toThrow('fingerprints[0]');
  await expect(connect({ role: 'boss', fingerprints: [] })).rejects.toThrow('data.dtlsParameters.role');
  await alice.request('join', { callId });
  const produce = (rtpParameters: unknown) =>
    alice.request('produce', { callId, transportId: transport.id, kind: 'audio', rtpParameters });
  await expect(produce(undefined)).rejects.toThrow('data.rtpParameters');
  await expect(produce({ codecs: 'opus' })).rejects.toThrow('data.rtpParameters.codecs');
  await expect(produce({ codecs: [{}] })).rejects.toThrow('data.rtpParameters.codecs[0]');
  await expect(
    produce({ codecs: [{ mimeType: 'audio/opus', payloadType: 400, clockRate: 48000, channels: 2 }] }),
  ).rejects.toThrow('data.rtpParameters.codecs[0].payloadType');
});

test('after all this the server lives, and the call that was on still is', async () => {
  expect(server.alive).toBe(true);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  expect((await server.counts()).calls).toBe(1);
  expect(alice.closed).toBeUndefined();
  expect(alice.methods()).not.toContain('end-call');
  await alice.request('end-call', { callId });
  expect(await bob.next('end-call')).toMatchObject({ callId, reason: 'hangup' });
  expect(server.log.filter((line) => /token\.|eyJ/.test(line))).toEqual([]);
});
