// A UDP relay before the media port: the server tells everybody to send to the relay, and who is said to be behind the bad
// network has all that he sends and gets, on all his paths together, go through one line each way (line.ts). The others'
// packets pass at once. Signalling does not come this way.
import { Worker } from 'node:worker_threads';
import { bundleForNode } from './bundle.ts';
import type { Line, Quality } from './line.ts';
import type { Order, Setup } from './relay-thread.ts';

type Counts = Record<'up' | 'down', Line['counts']>;

export class Relay {
  private constructor(private readonly thread: Worker) {}

  /** Of the same port on both addresses. The seed decides which packets are lost. */
  static async start({
    port,
    listen,
    target,
    seed = 1,
  }: {
    port: number;
    listen: string;
    target: string;
    seed?: number;
  }) {
    const setup: Setup = { from: { address: listen, port }, to: { address: target, port }, seed };
    const thread = new Worker(await bundleForNode('relay-thread.ts'), { eval: true, workerData: setup });
    const relay = new Relay(thread);
    await relay.answer();
    return relay;
  }

  /** Whoever speaks to the server under its ICE usernames (`Person.iceUsernames`) is behind the bad network from now on. */
  async behind(usernames: string[]): Promise<void> {
    await this.tell({ behind: usernames });
  }

  /** The bad network is like this from now on, in each direction. */
  async become(quality: Quality): Promise<void> {
    await this.tell({ quality });
  }

  /** How many packets the bad network has carried and not carried so far. */
  counts(): Promise<Counts> {
    return this.tell('counts') as Promise<Counts>;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.thread.once('exit', resolve));
    this.thread.postMessage('close' satisfies Order);
    await ended;
  }

  private tell(order: Order): Promise<unknown> {
    const answer = this.answer();
    this.thread.postMessage(order);
    return answer;
  }
  private answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.thread.once('message', (message) => {
        this.thread.off('error', reject);
        resolve(message);
      });
      this.thread.once('error', reject);
    });
  }
}
