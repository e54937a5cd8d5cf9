// carillon-sdk/testing: a server in memory and an engine without a browser, for tests of apps that use the SDK.

export { FakeCapture, FakeEngine, FakeProducer, FakeTrack, FakeTransport } from './fake-engine.js';
export { FakeBooks } from './fake-books.js';
export { FakePush } from './fake-push.js';
export { FakeServer } from './fake-server.js';
export { FakeSession, NO_ANSWER, Refusal } from './fake-session.js';
export { FakeSocket } from './fake-socket.js';
export { fakeToken } from './fake-token.js';
