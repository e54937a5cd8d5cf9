// HTTPS on loopback, HTTP/2 and HTTP/1.1, that counts its connections and can answer as badly as the internet does.
import http2 from 'node:http2';
import https from 'node:https';
import type net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Identity } from './certificates.ts';

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** Before anything is said. */
  delayMs?: number;
  /**
   * `never`: no byte comes. `reset`: the connection is reset. `half`: fewer bytes than announced, then the end.
   * `trickle`: a body without end, a few bytes at a time. `huge`: a body of 64 MB.
   */
  manner?: 'never' | 'reset' | 'half' | 'trickle' | 'huge';
}

export interface Incoming {
  at: number;
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  protocol: 'h2' | 'http/1.1';
  /** Which connection it came by, from 0. */
  connection: number;
}

/** The answer, and what is done once it is out. */
type Handler = (incoming: Incoming) => Promise<Answer> | Answer;

export class HttpsListener {
  /** TCP connections accepted so far. */
  connections = 0;
  private readonly numbers = new WeakMap<object, number>();
  /** Below TLS, by the port of the other side. */
  private readonly tcp = new Map<number, net.Socket>();
  private handshakes = 0;
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly server: http2.Http2SecureServer;

  private constructor(
    identity: Identity,
    private readonly handler: Handler,
    http2Too: boolean,
    private readonly name: string,
  ) {
    // An HTTPS server of Node's has all that is asked of one with HTTP/2 here.
    this.server = http2Too
      ? http2.createSecureServer({ ...identity, allowHTTP1: true })
      : (https.createServer(identity) as unknown as http2.Http2SecureServer);
    this.server.on('connection', (socket: net.Socket) => {
      this.connections += 1;
      const port = socket.remotePort!;
      this.tcp.set(port, socket);
      socket.on('close', () => this.tcp.delete(port));
    });
    let accepted: TLSSocket;
    this.server.prependListener('secureConnection', (socket: TLSSocket) => {
      accepted = socket;
      this.numbers.set(socket, this.handshakes++);
    });
    this.server.on('session', (session) => this.numbers.set(session, this.numbers.get(accepted)!));
    this.server.on('request', (request, response) => void this.take(request, response));
    for (const trouble of ['tlsClientError', 'sessionError', 'clientError']) this.server.on(trouble, () => {});
  }

  static async start(
    identity: Identity,
    handler: Handler,
    { http2Too = true, name = 'localhost', address = '127.0.0.1' } = {},
  ): Promise<HttpsListener> {
    const listener = new HttpsListener(identity, handler, http2Too, name);
    await new Promise<void>((resolve) => listener.server.listen(0, address, resolve));
    return listener;
  }

  get port(): number {
    return (this.server.address() as net.AddressInfo).port;
  }
  get host(): string {
    return `${this.name}:${this.port}`;
  }
  get origin(): string {
    return `https://${this.host}`;
  }
  /** TCP connections that are open now. */
  get open(): number {
    return this.tcp.size;
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearTimeout(timer);
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.tcp.values()) socket.destroy();
    await closed;
  }

  private async take(request: http2.Http2ServerRequest, response: http2.Http2ServerResponse): Promise<void> {
    const at = Date.now();
    // The types say HTTP/2; with allowHTTP1 it can be the other one.
    const session = request.httpVersionMajor === 2 ? request.stream.session! : undefined;
    const connection = this.numbers.get(session ?? request.socket)!;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // Whoever asked is gone.
    }
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const { method, url: path } = request;
    const body = Buffer.concat(chunks);
    const answer = await this.handler({
      ...{ at, method, path, headers, body, connection },
      protocol: session ? 'h2' : 'http/1.1',
    });
    if (answer.delayMs) await this.wait(answer.delayMs);
    if (response.stream?.destroyed || response.socket?.destroyed) return;
    response.on('error', () => {});
    this.say(answer, response, request.socket.remotePort!);
  }

  private say(answer: Answer, response: http2.Http2ServerResponse, port: number): void {
    const { status, headers = {}, body = '', manner } = answer;
    if (manner === 'never') return;
    if (manner === 'reset') {
      this.tcp.get(port)!.resetAndDestroy();
      return;
    }
    if (!manner) {
      response.writeHead(status, headers);
      response.end(body);
      return;
    }
    const megabytes = 64;
    response.writeHead(status, { ...headers, 'content-length': String(megabytes << 20) });
    if (manner === 'half') {
      response.write('half of');
      const end = () =>
        response.stream?.close
          ? response.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)
          : response.socket.destroy();
      void this.wait(50).then(end);
    } else if (manner === 'huge') {
      const piece = Buffer.alloc(1 << 20, 'x');
      let left = megabytes;
      const more = () => {
        while (left > 0 && !response.writableEnded) {
          left -= 1;
          if (!response.write(piece)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    } else {
      const timer = setInterval(() => response.write('...'), 100);
      this.timers.add(timer);
      response.on('close', () => clearInterval(timer));
    }
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.timers.add(timer);
    });
  }
}
