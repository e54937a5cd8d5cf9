// Mozilla's push service as Firefox sees it: the WebSocket protocol over which a browser subscribes and gets messages.
// Applications send to the endpoints of a PushService, which says what is taken.
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type net from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { Arrivals } from './arrivals.ts';
import type { Message, PushService, Subscription } from './push-service.ts';

interface Words {
  messageType?: string;
  uaid?: string;
  channelID?: string;
  key?: string;
  updates?: { channelID: string; version: string; code: number }[];
}

export class Autopush {
  /** What the browser said of messages: 100 is delivered, 101 cannot be decrypted, 102 not delivered. */
  readonly acknowledged = new Arrivals<{ code: number; at: number }>('acknowledgements', ({ code }) => String(code));
  readonly channels = new Map<string, Subscription>();
  /** What came while `hold` was on. */
  private held: (() => void)[] | undefined;
  private readonly http = http.createServer();
  private readonly sockets: WebSocketServer;
  private browser: WebSocket | undefined;
  private readonly userAgent = randomUUID().replaceAll('-', '');

  private constructor(private readonly service: PushService) {
    const handleProtocols = (offered: Set<string>) => (offered.has('push-notification') ? 'push-notification' : false);
    this.sockets = new WebSocketServer({ server: this.http, handleProtocols });
    this.sockets.on('connection', (socket) => {
      this.browser = socket;
      socket.on('message', (text) => this.hear(socket, JSON.parse((text as Buffer).toString()) as Words));
      socket.on('error', () => {});
    });
  }

  static async before(service: PushService): Promise<Autopush> {
    const autopush = new Autopush(service);
    await new Promise<void>((resolve) => autopush.http.listen(0, '127.0.0.1', resolve));
    return autopush;
  }

  /** For Firefox's preference `dom.push.serverURL`. */
  get url(): string {
    return `ws://localhost:${(this.http.address() as net.AddressInfo).port}/`;
  }

  /** The phone is out of reach: what comes waits. */
  hold(): void {
    this.held = [];
  }
  /** It is back, and only the first of what came has found its way. */
  releaseFirst(): void {
    this.held?.[0]?.();
    this.held = undefined;
  }

  close(): void {
    for (const socket of this.sockets.clients) socket.terminate();
    this.http.close();
  }

  private hear(socket: WebSocket, words: Words): void {
    const say = (answer: unknown) => socket.send(JSON.stringify(answer));
    const { messageType, channelID } = words;
    const status = 200;
    switch (messageType) {
      case undefined:
      case 'ping':
        return say({});
      case 'hello': {
        if (words.uaid !== this.userAgent) this.channels.clear(); // A new one has no subscriptions.
        return say({ messageType, uaid: this.userAgent, status, use_webpush: true, broadcasts: {} });
      }
      case 'register': {
        const subscription = this.service.subscribe(words.key!.replace(/=+$/, ''));
        subscription.handOver = (message) => {
          const deliver = () => this.deliver(channelID!, message);
          if (this.held) this.held.push(deliver);
          else deliver();
        };
        this.channels.set(channelID!, subscription);
        return say({ messageType, channelID, status, pushEndpoint: subscription.endpoint });
      }
      case 'unregister': {
        const subscription = this.channels.get(channelID!);
        if (subscription) subscription.otherwise = { status: 410 };
        this.channels.delete(channelID!);
        return say({ messageType, channelID, status });
      }
      case 'ack':
        for (const { code } of words.updates ?? []) this.acknowledged.add({ code, at: Date.now() });
    }
  }

  private deliver(channelID: string, { body }: Message): void {
    const message = { messageType: 'notification', channelID, version: randomUUID() };
    const headers = { encoding: 'aes128gcm' };
    this.browser?.send(JSON.stringify({ ...message, data: body.toString('base64url'), headers }));
  }
}
