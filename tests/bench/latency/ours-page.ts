// Our side of the benchmark: the SDK as an app would use it.
import { Carillon, type Call, type IncomingCall } from 'carillon-sdk';
import { firstFrame, now } from './first-frame';

let carillon: Carillon;
let call: Call | undefined;
let over: Promise<void> = Promise.resolve();

function marks(from: Call, start: number, frame: number): Record<string, number> {
  const t = from.timings;
  const at = (mark: number | undefined) => (mark === undefined ? NaN : mark + offset);
  // The SDK's marks are of performance.now() or of Date.now(); which, its own start tells.
  const offset = (t.start ?? 0) > 1e12 ? 0 : performance.timeOrigin;
  return {
    start,
    accepted: at(t.accepted),
    captured: at(t.captured),
    transports: at(t.transportReady),
    ice: at(t.iceConnected),
    dtls: at(t.dtlsConnected),
    firstFrame: frame,
  };
}

function remoteFrame(of: Call): Promise<number> {
  over = new Promise((resolve) => of.on('ended', () => resolve()));
  return new Promise((resolve) => {
    of.on('track', (remote) => {
      if (remote.track.kind === 'video') void firstFrame(remote.track).then(resolve);
    });
  });
}

Object.assign(window, {
  async connect(address: { ws: string; token: string }) {
    carillon = new Carillon({ url: address.ws, token: address.token });
    await carillon.connect();
  },
  async call(callee: string) {
    const start = now();
    call = await carillon.startCall({ callees: [callee], media: 'video' });
    return marks(call, start, await remoteFrame(call));
  },
  async answer() {
    const incoming = await new Promise<IncomingCall>((resolve) => {
      const stop = carillon.on('incoming', (ring) => {
        stop();
        resolve(ring);
      });
    });
    const start = now();
    call = await incoming.accept();
    return marks(call, start, await remoteFrame(call));
  },
  end: () => call!.end({ everyone: true }),
  ended: () => over,
});
