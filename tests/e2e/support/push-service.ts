// A push service (RFC 8030) with devices behind it: strict about what it takes, able to answer as badly as real ones do.
// Knows nothing of Carillon. What a device of a subscription would get is decrypted by the npm package http_ece.
import { createECDH, randomBytes } from 'node:crypto';
import ece from 'http_ece';
import { Arrivals } from './arrivals.ts';
import { Authority } from './certificates.ts';
import { HttpsListener, type Answer, type Incoming } from './https-listener.ts';
import { checkBody, checkHeaders, checkVapid, Refusal, type PushHeaders } from './push-checks.ts';

/** A message as it came, and what was answered. */
export interface Message extends Incoming, PushHeaders {
  status: number;
  plaintext: Buffer;
  /** The plaintext as JSON. */
  data: any;
}

export class Subscription {
  /** All that came and was well made, whatever was answered. */
  readonly attempts = new Arrivals<Message>('attempts', ({ status, data }) => `${status} ${JSON.stringify(data)}`);
  /** What was taken. */
  readonly messages = new Arrivals<Message>('messages', ({ data }) => JSON.stringify(data));
  /** For the next attempts, one each; then `otherwise`. */
  answers: Answer[] = [];
  otherwise: Answer = { status: 201 };
  /** For who keeps the private keys himself, as a browser does: messages are handed over unopened. */
  handOver: ((message: Message) => void) | undefined;
  private readonly receiver = createECDH('prime256v1');
  private readonly secret = randomBytes(16).toString('base64url');

  constructor(
    readonly endpoint: string,
    /** applicationServerKey: whose pushes it takes. */
    readonly vapidKey: string,
  ) {
    this.receiver.generateKeys();
  }

  /** As `PushSubscription.toJSON()` gives it. */
  get json() {
    return {
      endpoint: this.endpoint,
      expirationTime: null,
      keys: { p256dh: this.receiver.getPublicKey('base64url'), auth: this.secret },
    };
  }
  /** Of its push service. */
  get host(): string {
    return new URL(this.endpoint).host;
  }
  /** What must never be seen anywhere else. */
  get secrets(): string[] {
    return [this.endpoint.slice(this.endpoint.lastIndexOf('/') + 1), this.json.keys.p256dh, this.secret];
  }
  /** The types of all messages taken, in order. */
  get types(): string[] {
    return this.messages.all.map(({ data }) => data.type as string);
  }

  /** The next message of this type. */
  next(type: string, ms?: number): Promise<Message> {
    return this.messages.next(({ data }) => data.type === type, ms);
  }

  /**
   * What a device that was away until now gets: nothing that has outlived its TTL (RFC 8030 section 5.2), and of those
   * with the same topic the last one only (5.4).
   */
  pending(now = Date.now()): Message[] {
    const { all } = this.messages;
    const replaced = (message: Message, index: number) =>
      message.topic !== undefined && all.slice(index + 1).some((later) => later.topic === message.topic);
    return all.filter((message, index) => message.at + message.ttl * 1000 > now && !replaced(message, index));
  }

  open(body: Buffer): Buffer {
    return ece.decrypt(body, { version: 'aes128gcm', privateKey: this.receiver, authSecret: this.secret });
  }
}

export class PushService {
  /** What was wrong with requests; a sender that behaves leaves it empty. */
  readonly complaints: string[] = [];
  private readonly subscriptions = new Map<string, Subscription>();
  private listener!: HttpsListener;

  private constructor() {}

  /** `name`: what it is called; `address`: where it listens. */
  static async start(
    authority: Authority,
    options: { http2Too?: boolean; name?: string; address?: string } = {},
  ): Promise<PushService> {
    const service = new PushService();
    const identity = authority.issue(['localhost', ...(options.name ? [options.name] : [])]);
    service.listener = await HttpsListener.start(identity, (incoming) => service.take(incoming), options);
    return service;
  }

  get host(): string {
    return this.listener.host;
  }
  get origin(): string {
    return this.listener.origin;
  }
  get port(): number {
    return this.listener.port;
  }
  /** TCP connections accepted so far. */
  get connections(): number {
    return this.listener.connections;
  }
  get openConnections(): number {
    return this.listener.open;
  }
  get all(): Subscription[] {
    return [...this.subscriptions.values()];
  }

  /** A device subscribes, with the server's public key. */
  subscribe(vapidKey: string, otherwise: Answer = { status: 201 }): Subscription {
    const token = randomBytes(24).toString('base64url');
    const subscription = new Subscription(`${this.origin}/push/${token}`, vapidKey);
    subscription.otherwise = otherwise;
    this.subscriptions.set(token, subscription);
    return subscription;
  }

  close(): Promise<void> {
    return this.listener.close();
  }

  private async take(incoming: Incoming): Promise<Answer> {
    const subscription = this.subscriptions.get(/^\/push\/([\w-]+)$/.exec(incoming.path)?.[1] ?? '');
    if (incoming.method !== 'POST' || !subscription) {
      this.complaints.push(`${incoming.method} ${incoming.path}`);
      return { status: 404 };
    }
    try {
      const headers = checkHeaders(incoming);
      checkBody(incoming.body);
      await checkVapid(incoming.headers.authorization, this.origin, subscription.vapidKey);
      const plaintext = subscription.handOver ? Buffer.of() : subscription.open(incoming.body);
      const data = subscription.handOver ? {} : JSON.parse(plaintext.toString());
      const answer = subscription.answers.shift() ?? subscription.otherwise;
      const message: Message = { ...incoming, ...headers, plaintext, data, status: answer.status };
      subscription.attempts.add(message);
      if (answer.status >= 200 && answer.status < 300 && !lost(answer)) {
        subscription.messages.add(message);
        subscription.handOver?.(message);
      }
      const location = `${this.origin}/message/${randomBytes(12).toString('base64url')}`;
      return { ...answer, headers: { location, ...answer.headers } };
    } catch (error) {
      const { message } = error as Error;
      const status = error instanceof Refusal ? error.status : 400;
      this.complaints.push(`${status}: ${message}`);
      return { status, body: message };
    }
  }
}

/** Whether an answer leaves the message undelivered, whatever its status would have been. */
const lost = ({ manner }: Answer): boolean => manner === 'never' || manner === 'reset';
