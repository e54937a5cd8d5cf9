// A desktop as far as a browser's notifications see it: a session bus with org.freedesktop.Notifications on it, so that
// what a browser shows can be read, and its buttons be pressed.
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { Arrivals } from './arrivals.ts';
import { encode, takeMessages, type Message, type Value } from './dbus-message.ts';

export interface Shown {
  id: number;
  at: number;
  title: string;
  body: string;
  /** By their labels; `default` is the notification itself. */
  actions: { key: string; label: string }[];
  /** False when the browser has closed it, or another has taken its place. */
  open: boolean;
}

const name = 'org.freedesktop.Notifications';
const path = '/org/freedesktop/Notifications';
const desktopName = ':1.0';

export class Desktop {
  readonly shown = new Arrivals<Shown>('notifications', ({ title, body, open }) => `${title} / ${body} (${open})`);
  private readonly folder = mkdtempSync(`${tmpdir()}/carillon-desktop-`);
  private readonly clients = new Set<Client>();
  private readonly listener = net.createServer((socket) => this.clients.add(new Client(socket, this)));
  private lastId = 0;

  static async start(): Promise<Desktop> {
    const desktop = new Desktop();
    await new Promise<void>((resolve) => desktop.listener.listen(desktop.socketFile, resolve));
    return desktop;
  }

  /** What a program finds it by. */
  get environment(): NodeJS.ProcessEnv {
    return { DBUS_SESSION_BUS_ADDRESS: `unix:path=${this.socketFile}` };
  }
  private get socketFile(): string {
    return `${this.folder}/bus`;
  }

  get open(): Shown[] {
    return this.shown.all.filter((each) => each.open);
  }

  /** Nothing of what was shown until now counts any more. */
  forget(): void {
    this.shown.all.length = 0;
  }

  /** The button with this label; without one the notification itself. */
  press(notification: Shown, label?: RegExp): void {
    const action = notification.actions.find((each) => (label ? label.test(each.label) : each.key === 'default'));
    if (!action) throw new Error(`no ${String(label)} among ${JSON.stringify(notification.actions)}`);
    this.signal('ActionInvoked', 'us', [notification.id, action.key]);
    this.close(notification.id);
  }

  shutDown(): void {
    for (const client of this.clients) client.socket.destroy();
    this.listener.close();
    rmSync(this.folder, { recursive: true });
  }

  /** What a method of the notification service answers: its signature and values. */
  answer(member: string, body: Value[]): [string, Value[]] {
    switch (member) {
      case 'GetServerInformation':
        return ['ssss', ['desktop', 'tests', '1.0', '1.2']];
      case 'GetCapabilities':
        return ['as', [['actions', 'body', 'persistence']]];
      case 'Notify':
        return ['u', [this.show(body)]];
      case 'CloseNotification':
        this.close(body[0] as number);
        return ['', []];
      default:
        throw new Error(`${name}.${member}`);
    }
  }

  private show([_app, replaces, _icon, title, body, actions]: Value[]): number {
    const id = (replaces as number) || ++this.lastId;
    for (const each of this.shown.all) if (each.id === id) each.open = false;
    const list = actions as string[];
    this.shown.add({
      ...{ id, at: Date.now(), title: title as string, body: body as string, open: true },
      actions: list.flatMap((key, index) => (index % 2 === 0 ? [{ key, label: list[index + 1]! }] : [])),
    });
    return id;
  }

  private close(id: number): void {
    for (const each of this.shown.all) if (each.id === id) each.open = false;
    this.shown.changed();
    this.signal('NotificationClosed', 'uu', [id, 3]);
  }

  private signal(member: string, signature: string, body: Value[]): void {
    for (const client of this.clients) {
      client.send({ type: 'signal', path, interface: name, member, sender: desktopName, signature, body });
    }
  }
}

/** One connection to the bus: it logs in, then calls the bus itself or the notification service. */
class Client {
  private input: Buffer = Buffer.of();
  private loggedIn = false;
  private serial = 0;

  constructor(
    readonly socket: net.Socket,
    private readonly desktop: Desktop,
  ) {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      this.input = Buffer.concat([this.input, bytes]);
      if (!this.loggedIn) this.logIn();
      if (!this.loggedIn) return;
      const { messages, rest } = takeMessages(this.input);
      this.input = rest;
      for (const message of messages) if (message.type === 'call') this.reply(message);
    });
  }

  send(message: Omit<Message, 'serial'>): void {
    if (this.loggedIn) this.socket.write(encode({ ...message, serial: ++this.serial }));
  }

  /** Lines, until BEGIN: everybody is let in, file descriptors are not passed. */
  private logIn(): void {
    for (;;) {
      const end = this.input.indexOf('\r\n');
      if (end < 0) return;
      const line = this.input.toString('latin1', 0, end).replace('\0', '');
      this.input = this.input.subarray(end + 2);
      if (line === 'BEGIN') {
        this.loggedIn = true;
        return;
      }
      if (line === 'AUTH') this.socket.write('REJECTED EXTERNAL\r\n');
      else if (line === 'AUTH EXTERNAL') this.socket.write('DATA\r\n');
      else if (/^(AUTH EXTERNAL |DATA)/.test(line)) this.socket.write(`OK ${'0'.repeat(32)}\r\n`);
      else this.socket.write('ERROR\r\n');
    }
  }

  private reply(call: Message): void {
    const to = { destination: ':1.1', replySerial: call.serial };
    try {
      const [signature, body] = this.answer(call);
      this.send({ type: 'return', ...to, sender: call.destination === name ? desktopName : bus, signature, body });
    } catch {
      const errorName = 'org.freedesktop.DBus.Error.UnknownMethod';
      this.send({ type: 'error', ...to, sender: bus, errorName, signature: 's', body: ['no such method'] });
    }
  }

  private answer({ interface: of, member, destination, body }: Message): [string, Value[]] {
    if (of === name) return this.desktop.answer(member!, body);
    if (of === 'org.freedesktop.DBus.Properties') return ['a{sv}', [[]]];
    if (destination !== bus) throw new Error(`${destination} ${of}.${member}`);
    const known = body[0] === name || body[0] === desktopName;
    switch (member) {
      case 'Hello':
        return ['s', [':1.1']];
      case 'AddMatch':
      case 'RemoveMatch':
        return ['', []];
      case 'NameHasOwner':
        return ['b', [known]];
      case 'ListNames':
      case 'ListActivatableNames':
        return ['as', [[bus, name]]];
      case 'GetNameOwner':
        if (known) return ['s', [desktopName]];
        break;
      case 'StartServiceByName':
        if (known) return ['u', [2]]; // It runs.
        break;
      default:
    }
    throw new Error(`${of}.${member}`);
  }
}

const bus = 'org.freedesktop.DBus';
