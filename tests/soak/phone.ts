// A device that stays for hours: as the tests' Wire, but it forgets what it heard, comes back after a fault, and takes every
// answer as it comes, since with faults about, most of them are right.
import WebSocket from 'ws';
import type { Server } from '../e2e/support/server.ts';
import type { Frame } from '../e2e/support/wire.ts';
import { Random } from './random.ts';

/** What all phones share. */
export interface World {
  server: Server;
  seed: number;
  /** How often what was answered: "start-call 200". */
  tally: Map<string, number>;
  /** For how long the server keeps the seat of a connection that is gone. */
  grace_ms: number;
  /** Where the workers listened lately: UDP ports. */
  workerPorts: number[];
  /** True while no more calls are to begin. */
  closing: boolean;
}

/** Of a trial without faults. */
export const worldOf = (server: Server): World => ({
  server,
  seed: 1,
  tally: new Map(),
  grace_ms: 10_000,
  workerPorts: [],
  closing: false,
});

/** What went otherwise than well, and is not expected: "2 join 404", or "none". */
export function refusals({ tally }: World, ...expected: string[]): string {
  const bad = [...tally].filter(([what]) => !/ (200|1000)$/.test(what) && !expected.includes(what));
  return bad.map(([what, times]) => `${times} ${what}`).join(', ') || 'none';
}

const answer_ms = 25_000; // above the 20 s for which a request of media may wait for a new room
const heard_max = 200;

interface Waiting {
  method: string;
  timer: NodeJS.Timeout;
  done(frame: Frame | undefined): void;
}

export class Phone {
  private socket: WebSocket | undefined;
  private nextId = 1;
  private readonly waiting = new Map<number, Waiting>();
  private heard: Frame[] = [];
  private watchers = new Set<() => void>();
  private resumeToken = '';
  private readonly random: Random;
  onNotification: (method: string, data: any) => void = () => {};
  /** Takes all that it is offered, and says so. */
  takesAll = false;

  constructor(
    readonly world: World,
    readonly user: string,
    readonly device: string,
  ) {
    this.random = new Random(world.seed, `${user}/${device}`);
  }

  get isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** A new session, which takes over from an older one of this device. */
  async connect(): Promise<void> {
    const token = await this.world.server.token(this.user, this.user.toUpperCase(), this.device);
    await this.open(this.world.server.wsUrl, ['protoo', `token.${token}`]);
  }

  /** The seat again, or a new session if that is too late. */
  async resume(): Promise<void> {
    try {
      await this.open(`${this.world.server.wsUrl}?resume=${this.resumeToken}`, ['protoo']);
      this.count('resume', 101);
    } catch {
      this.count('resume', 401);
      await this.connect();
    }
  }

  /** The answer's data, or undefined: refused, not answered, or the connection went. */
  async ask(method: string, data: object = {}): Promise<any> {
    const { socket } = this;
    if (!socket || !this.isConnected) return undefined;
    const id = this.nextId++;
    const frame = await new Promise<Frame | undefined>((done) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        this.count(method, socket.isPaused ? 'unread' : 'unanswered');
        done(undefined);
      }, answer_ms);
      this.waiting.set(id, { method, timer, done });
      socket.send(JSON.stringify({ request: true, id, method, data }));
    });
    return frame?.ok ? frame.data : undefined;
  }

  /** True when such a notification is here, or comes in time. */
  async hears(method: string, callId?: string, ms = 4000): Promise<any> {
    const holds = (frame: Frame) => frame.method === method && (!callId || frame.data?.callId === callId);
    const end = Date.now() + ms;
    for (;;) {
      const found = this.heard.find(holds);
      if (found) return found.data;
      const left = end - Date.now();
      if (left <= 0 || this.world.closing) return undefined;
      await this.change(left);
    }
  }
  forget(): void {
    this.heard = [];
  }

  /** A hang-up. */
  close(): void {
    this.socket?.close(1000);
  }
  /** The cable is pulled. */
  cut(): void {
    this.socket?.terminate();
  }
  /** Reads nothing for a while, so that all that is said to it waits in the kernel or in the server. */
  deaf(is: boolean): void {
    if (is) this.socket?.pause();
    else this.socket?.resume();
  }
  /** What no client says. */
  babble(): void {
    const { socket, random } = this;
    if (!socket || !this.isConnected) return;
    const what = random.of(['noise', 'binary', 'huge', 'half', 'wrong', 'unasked', 'deep']);
    this.count('babble', what);
    if (what === 'noise') socket.send(random.bytes(random.whole(1, 400)).toString('latin1'));
    if (what === 'binary') socket.send(random.bytes(random.whole(0, 400)));
    if (what === 'huge') socket.send(' '.repeat(70_000));
    if (what === 'half') socket.send('{"request":true,"id":1,"method":"start-');
    if (what === 'wrong') socket.send(JSON.stringify({ request: true, id: -1, method: 'start-call', data: [1] }));
    if (what === 'unasked') socket.send(JSON.stringify({ response: true, id: random.whole(0, 1e6), ok: true }));
    if (what === 'deep') socket.send('['.repeat(5000));
  }

  private async open(url: string, protocols: string[]): Promise<void> {
    const before = this.socket;
    const socket = new WebSocket(url, protocols, { perMessageDeflate: false, handshakeTimeout: 10_000 });
    socket.on('error', () => {});
    const welcome = new Promise<void>((resolve, reject) => {
      socket.on('message', (text) => {
        const frame = JSON.parse((text as Buffer).toString()) as Frame;
        if (frame.method === 'welcome') {
          this.resumeToken = frame.data.resumeToken;
          resolve();
        }
        this.onFrame(socket, frame);
      });
      socket.on('close', (code) => {
        this.count('closed', code);
        if (this.socket === socket) this.giveUp();
        reject(new Error(`closed with ${code}`));
      });
    });
    this.giveUp();
    this.socket = socket;
    try {
      await welcome;
    } finally {
      before?.terminate();
    }
  }

  private onFrame(socket: WebSocket, frame: Frame): void {
    if (frame.response) {
      const waiting = this.waiting.get(frame.id!);
      if (!waiting || socket !== this.socket) return;
      this.waiting.delete(frame.id!);
      clearTimeout(waiting.timer);
      this.count(waiting.method, frame.ok ? 200 : frame.errorCode!);
      waiting.done(frame);
      return;
    }
    if (frame.request) this.answer(socket, frame);
    this.heard.push(frame);
    if (this.heard.length > heard_max) this.heard.splice(0, heard_max / 2);
    this.onNotification(frame.method!, frame.data);
    for (const watcher of [...this.watchers]) watcher();
  }

  /** Most take what is offered, some do not want it, a few never say. */
  private answer(socket: WebSocket, { id }: Frame): void {
    if (!this.takesAll && this.random.happens(0.02)) return;
    const no = { ok: false, errorCode: 403, errorReason: 'not wanted' };
    const said = !this.takesAll && this.random.happens(0.05) ? no : { ok: true, data: {} };
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ response: true, id, ...said }));
  }

  private giveUp(): void {
    for (const { method, timer, done } of this.waiting.values()) {
      clearTimeout(timer);
      this.count(method, 'cut');
      done(undefined);
    }
    this.waiting.clear();
  }

  private count(what: string, how: string | number): void {
    const name = `${what} ${how}`;
    this.world.tally.set(name, (this.world.tally.get(name) ?? 0) + 1);
  }

  private change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.watchers.delete(done);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.watchers.add(done);
    });
  }
}
