// The relay itself (relay.ts), in a thread of its own, so that no packet waits for what a test does meanwhile.
import dgram from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { Line, perfect, type Quality } from './line.ts';
import { usernameOf } from './stun.ts';

export interface Setup {
  /** Where clients send to, and where it goes. */
  from: { address: string; port: number };
  to: { address: string; port: number };
  seed: number;
}
export type Order = { behind: string[] } | { quality: Quality } | 'counts' | 'close';

/** A line with the packets that are on their way. */
class Way {
  private readonly under: { at: number; arrive: () => void }[] = [];

  constructor(readonly line: Line) {}

  carry(bytes: number, arrive: () => void): void {
    const at = this.line.carry(bytes, performance.now());
    if (at === undefined) return;
    this.under.push({ at, arrive });
    if (this.under.length === 1) this.look();
  }
  private look(): void {
    const now = performance.now();
    while (this.under.length > 0 && this.under[0]!.at <= now) this.under.shift()!.arrive();
    if (this.under.length > 0) setTimeout(() => this.look(), this.under[0]!.at - now);
  }
}

interface Network {
  up: Way;
  down: Way;
}

/** Of one client's port: what the server sees is a port of ours. */
interface Flow {
  socket: dgram.Socket;
  /** The server's ICE username. */
  username: string;
}

const { from, to, seed } = workerData as Setup;
const network = (quality: Quality): Network => ({
  up: new Way(new Line(seed, quality)),
  down: new Way(new Line(seed + 1, quality)),
});
const [good, bad] = [network(perfect), network(perfect)];
const usernames = new Set<string>();
const flows = new Map<number, Flow>();
const networkOf = ({ username }: Flow): Network => (usernames.has(username) ? bad : good);

const listener = dgram.createSocket('udp4');
listener.on('message', (packet, { address, port }) => {
  let flow = flows.get(port);
  if (!flow) {
    const socket = dgram.createSocket('udp4');
    flow = { socket, username: '' };
    flows.set(port, flow);
    const back = flow;
    socket.on('message', (answer) =>
      networkOf(back).down.carry(answer.length, () => listener.send(answer, port, address)),
    );
    socket.bind(0, to.address);
  }
  const { socket } = flow;
  flow.username = usernameOf(packet) ?? flow.username;
  networkOf(flow).up.carry(packet.length, () => socket.send(packet, to.port, to.address));
});

parentPort!.on('message', (order: Order) => {
  if (order === 'close') process.exit();
  if (order !== 'counts' && 'behind' in order) for (const name of order.behind) usernames.add(name);
  if (order !== 'counts' && 'quality' in order) for (const { line } of [bad.up, bad.down]) line.quality = order.quality;
  parentPort!.postMessage({ up: { ...bad.up.line.counts }, down: { ...bad.down.line.counts } });
});

listener.bind(from.port, from.address, () => parentPort!.postMessage('listening'));
