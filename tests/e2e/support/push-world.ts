// A server with the services that it pushes through, all on loopback, and people with devices that are away.
import assert from 'node:assert/strict';
import { Authority } from './certificates.ts';
import { FakeFcm, type Phone } from './fake-fcm.ts';
import type { Answer } from './https-listener.ts';
import { PushService, type Subscription } from './push-service.ts';
import { Server } from './server.ts';
import { Wire } from './wire.ts';

interface Options {
  args?: string[];
  /** How many push services, each a host of its own; the first is `service`. */
  services?: number;
  http2Too?: boolean;
  fcm?: boolean;
  under?: string[];
}

export class World {
  server!: Server;
  vapidKey!: string;
  private readonly wires: Wire[] = [];
  private again!: () => Promise<Server>;

  private constructor(
    readonly authority: Authority,
    readonly services: PushService[],
    readonly fcm: FakeFcm | undefined,
  ) {}

  static async start({ args = [], services = 1, http2Too = true, fcm = false, under = [] }: Options = {}) {
    const authority = Authority.make();
    const each = Array.from({ length: services }, () => PushService.start(authority, { http2Too }));
    const firebase = fcm ? await FakeFcm.start(authority) : undefined;
    const world = new World(authority, await Promise.all(each), firebase);
    const hosts = world.services.map(({ host }) => host).join();
    const flags = ['--calls-grace-seconds', '1', '--push-vapid-subject', 'mailto:ops@example.org'];
    if (!args.includes('--push-ca-file')) flags.push('--push-ca-file', authority.file);
    if (hosts && !args.includes('--push-allow-hosts')) flags.push('--push-allow-hosts', hosts);
    if (firebase) {
      flags.push('--push-fcm-service-account-file', firebase.accountFile, '--push-fcm-endpoint', firebase.origin);
    }
    if (!args.includes('--log-level')) flags.push('--log-level', 'debug');
    world.again = () => Server.start([...flags, ...args, '--http-listen', world.server.url.replace('http://', '')]);
    world.server = await Server.start([...flags, ...args], { under });
    world.vapidKey = (await world.rest('GET', '/v1/push/key')).body.publicKey;
    return world;
  }

  get service(): PushService {
    return this.services[0]!;
  }

  /** 'bob', or 'bob/phone'. */
  async connect(name: string): Promise<Wire> {
    const [user, device] = name.split('/');
    const wire = await Wire.connect(this.server, user!, { device });
    this.wires.push(wire);
    return wire;
  }

  /** The same session, after the server has closed it or died. */
  async comeBack(old: Wire): Promise<Wire> {
    const wire = await Wire.open(`${this.server.wsUrl}?resume=${old.welcome.resumeToken}`, ['protoo']);
    this.wires.push(wire);
    return wire;
  }

  /** A device of this user that is away, and can be found by Web Push. */
  async away(name: string, otherwise?: Answer, service = this.service): Promise<Subscription> {
    const subscription = service.subscribe(this.vapidKey, otherwise);
    await this.register(name, { type: 'webpush', subscription: subscription.json });
    return subscription;
  }
  /** The same, by FCM. */
  async awayPhone(name: string, otherwise?: Answer): Promise<Phone> {
    const phone = this.fcm!.phone();
    if (otherwise) phone.otherwise = otherwise;
    await this.register(name, { type: 'fcm', token: phone.token });
    return phone;
  }
  private async register(name: string, data: unknown): Promise<string> {
    const [user, device] = name.split('/');
    const token = await this.server.token(user!, user!.toUpperCase(), device);
    const { status, body } = await this.rest('POST', '/v1/push/subscriptions', { token, data });
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body.id as string;
  }

  async rest(
    method: string,
    path: string,
    { token, data }: { token?: string; data?: unknown } = {},
  ): Promise<{ status: number; body: any }> {
    const response = await fetch(`${this.server.url}${path}`, {
      method,
      headers: token ? { authorization: `Bearer ${token}` } : {},
      body: data === undefined ? null : JSON.stringify(data),
    });
    const text = await response.text();
    return { status: response.status, body: text && JSON.parse(text) };
  }

  /** After each test: nobody is connected, nothing is on, and no service has heard anything wrong. */
  async empty(): Promise<void> {
    for (const wire of this.wires.splice(0)) wire.close();
    await this.server.until(({ calls, sessions }) => calls === 0 && sessions === 0, 15_000);
    const complaints = [...this.services, ...(this.fcm ? [this.fcm] : [])].flatMap((each) => each.complaints);
    assert.deepEqual(complaints, []);
  }

  /** As when the power goes: nobody is told, and nothing written. The services stay. */
  async kill(): Promise<void> {
    await this.server.kill();
    this.killed = true;
  }
  /** On the same port; and on the same folder, if `args` has one. */
  async startAgain(): Promise<void> {
    this.server = await this.again();
    this.killed = false;
  }
  private killed = false;

  async stop(): Promise<void> {
    const status = this.killed ? 0 : await this.server.stop();
    await Promise.all([...this.services.map((service) => service.close()), this.fcm?.close()]);
    this.authority.remove();
    assert.equal(status, 0);
  }
}
