// A device that speaks the wire protocol by hand (docs/protocol.md), with none of our own client code.
import WebSocket from 'ws';
import type { Server } from './server.ts';

export interface Frame {
  request?: true;
  response?: true;
  notification?: true;
  id?: number;
  method?: string;
  ok?: boolean;
  errorCode?: number;
  errorReason?: string;
  data?: any;
}

export class WireError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    readonly name: string,
  ) {
    super(`${code} ${reason}`);
  }
}

export class Wire {
  readonly heard: Frame[] = [];
  /** False: it leaves what the server asks without an answer. */
  answers = true;
  closed: { code: number; reason: string } | undefined;
  private nextId = 1;
  private readonly waiting = new Map<number, (frame: Frame) => void>();
  private readonly watchers = new Set<() => void>();

  private constructor(readonly socket: WebSocket) {
    socket.setMaxListeners(0); // one for each request that waits
    socket.on('message', (text) => this.onFrame(JSON.parse((text as Buffer).toString()) as Frame));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
      this.wake();
    });
    socket.on('error', () => {});
  }

  static async connect(
    server: Server,
    user: string,
    { device, query = '' }: { device?: string; query?: string } = {},
  ): Promise<Wire> {
    const token = await server.token(user, user.toUpperCase(), device);
    return Wire.open(`${server.wsUrl}${query}`, ['protoo', `token.${token}`]);
  }

  /** Resolves when `welcome` is here. */
  static async open(url: string, protocols: string[]): Promise<Wire> {
    const socket = new WebSocket(url, protocols);
    const wire = new Wire(socket);
    await new Promise<void>((resolve, reject) => {
      socket.on('unexpected-response', (_request, response) =>
        reject(new WireError(response.statusCode ?? 0, 'upgrade refused', 'upgrade')),
      );
      socket.on('open', () => resolve());
      socket.on('error', reject);
    });
    await wire.next('welcome');
    return wire;
  }

  get welcome(): any {
    return this.heard.find((frame) => frame.method === 'welcome')!.data;
  }

  async request(method: string, data: unknown = {}): Promise<any> {
    const frame = await this.answerTo({ request: true, id: this.nextId++, method, data });
    if (frame.ok) return frame.data;
    throw new WireError(frame.errorCode!, frame.errorReason!, frame.data?.code);
  }

  answerTo(frame: Frame): Promise<Frame> {
    return this.answerToText(frame.id!, JSON.stringify(frame));
  }

  /** `text` is a request with this id, or ought to be. Rejects when the socket closes instead. */
  answerToText(id: number, text: string): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const closed = () => reject(new Error(`closed with ${this.closed?.code} ${this.closed?.reason}`));
      if (this.closed) return closed();
      this.socket.once('close', closed);
      this.waiting.set(id, (frame) => {
        this.socket.off('close', closed);
        resolve(frame);
      });
      this.socket.send(text);
    });
  }

  /** The next notification or request of this method that nobody has taken; from the past too. */
  async next(method: string, ms = 5000): Promise<any> {
    const end = Date.now() + ms;
    for (;;) {
      const index = this.heard.findIndex((frame) => frame.method === method && !this.taken.has(frame));
      if (index >= 0) {
        this.taken.add(this.heard[index]!);
        return this.heard[index]!.data;
      }
      const left = end - Date.now();
      if (left <= 0) throw new Error(`no ${method} in ${ms} ms; heard ${this.methods().join(', ')}`);
      await this.change(left);
    }
  }
  private readonly taken = new WeakSet<Frame>();

  /** A notification of this method with such data, taken or not; from the past too. */
  async untilHeard(method: string, holds: (data: any) => boolean, ms = 5000): Promise<any> {
    const end = Date.now() + ms;
    for (;;) {
      const found = this.heard.find((frame) => frame.method === method && holds(frame.data));
      if (found) return found.data;
      const left = end - Date.now();
      if (left <= 0) throw new Error(`no such ${method} in ${ms} ms; heard ${JSON.stringify(this.heard)}`);
      await this.change(left);
    }
  }

  /** All that was heard, but welcome: for a device that hears thousands. */
  forget(): void {
    this.heard.splice(1);
  }

  methods(): string[] {
    return this.heard.map((frame) => frame.method!);
  }

  async untilClosed(ms = 5000): Promise<{ code: number; reason: string }> {
    const end = Date.now() + ms;
    while (!this.closed) {
      if (Date.now() > end) throw new Error('still open');
      await this.change(end - Date.now());
    }
    return this.closed;
  }

  /** A hang-up: a clean close. */
  close(): void {
    this.socket.close(1000);
  }
  /** The cable is pulled, as far as the server can see. */
  drop(): void {
    this.socket.terminate();
  }

  private onFrame(frame: Frame): void {
    if (frame.response) {
      this.waiting.get(frame.id!)?.(frame);
      this.waiting.delete(frame.id!);
      return;
    }
    this.heard.push(frame);
    if (frame.request && this.answers)
      this.socket.send(JSON.stringify({ response: true, id: frame.id, ok: true, data: {} }));
    this.wake();
  }

  private wake(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  private change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.watchers.delete(done);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, ms));
      this.watchers.add(done);
    });
  }
}
