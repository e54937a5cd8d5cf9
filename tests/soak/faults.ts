// What happens to the server from elsewhere: its workers die or stand still, strangers knock and say nothing or nonsense,
// and somebody opens a WebSocket and never reads.
import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { Phone, type World } from './phone.ts';
import { pause, Random } from './random.ts';

export interface Struck {
  killed: number;
  stopped: number;
}

/** A worker dies each minute or two, or stands still until it is given up, while `isOn`. */
export async function strikeWorkers(world: World, every_ms: number, isOn: () => boolean): Promise<Struck> {
  const random = new Random(world.seed, 'workers');
  const struck = { killed: 0, stopped: 0 };
  let next = Date.now() + random.between(0.5, 1.5) * every_ms;
  while (isOn()) {
    await pause(200);
    if (Date.now() < next) continue;
    next = Date.now() + random.between(0.5, 1.5) * every_ms;
    const { workers } = await world.server.counts();
    if (workers.length < 2) continue;
    const signal = random.happens(0.7) ? 'SIGKILL' : 'SIGSTOP';
    struck[signal === 'SIGKILL' ? 'killed' : 'stopped']++;
    process.kill(random.of(workers).pid, signal);
  }
  return struck;
}

/** Connections of strangers, and datagrams at the workers' ports. */
export async function knock(world: World): Promise<void> {
  const random = new Random(world.seed, 'strangers');
  const port = Number(new URL(world.server.url).port);
  const open = new Set<Socket>();
  const stranger = (said: string | Buffer) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(said));
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    socket.resume();
    open.add(socket);
  };
  const udp = createSocket('udp4');
  while (!world.closing) {
    await pause(random.between(100, 1500));
    if (open.size > 40) continue;
    const kind = random.of(['silent', 'half', 'noise', 'refused', 'gone', 'unread', 'datagrams']);
    if (kind === 'silent') stranger('');
    if (kind === 'half') stranger('GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: webso');
    if (kind === 'noise') stranger(random.bytes(random.whole(1, 3000)));
    // Not by fetch(), which would keep its connection for seconds, also into a rest.
    if (kind === 'refused') stranger('GET /v1/history HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
    if (kind === 'gone') {
      stranger('GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
      for (const socket of open) if (random.happens(0.3)) socket.destroy();
    }
    if (kind === 'unread') await unread(world, random).catch(() => {}); // refused where the server is busy with a fault
    if (kind === 'datagrams') {
      const { workerPorts } = world;
      for (let i = 0; i < 20 && workerPorts.length > 0; i++)
        udp.send(random.bytes(random.whole(1, 1200)), random.of(workerPorts), '127.0.0.1');
    }
  }
  for (const socket of open) socket.destroy();
  udp.close();
}

/** Rings that nobody hears: a device that is there and reads nothing of what is said to it. */
async function unread(world: World, random: Random): Promise<void> {
  const number = random.whole(0, 4);
  const [deaf, caller] = [new Phone(world, `deaf${number}`, 'phone'), new Phone(world, `shouts${number}`, 'phone')];
  await Promise.all([deaf.connect(), caller.connect()]);
  deaf.deaf(true);
  const metadata = { shout: 'x'.repeat(4000) };
  for (let i = 0; i < 10 && !world.closing; i++) {
    const made = await caller.ask('start-call', { callees: [deaf.user], media: 'audio', metadata });
    if (made) await caller.ask('end-call', { callId: made.callId });
  }
  caller.close();
  if (random.happens(0.5)) deaf.cut();
  else deaf.deaf(false);
  deaf.close();
}
