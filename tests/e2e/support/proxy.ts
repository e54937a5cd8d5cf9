// A TCP proxy before the server: the cable that a test can pull. Media does not pass here, as it would not be cut by a
// proxy or a mobile network that drops idle connections either.
import net from 'node:net';

export class Proxy {
  private readonly sockets = new Set<net.Socket>();
  private cutOff = false;

  private constructor(
    private readonly listener: net.Server,
    readonly url: string,
  ) {}

  static async before(target: string): Promise<Proxy> {
    const { hostname, port } = new URL(target);
    const listener = net.createServer();
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const address = listener.address() as net.AddressInfo;
    const proxy = new Proxy(listener, `http://127.0.0.1:${address.port}`);
    listener.on('connection', (client) => proxy.join(client, net.connect(Number(port), hostname)));
    return proxy;
  }

  /** Ends all connections without a word, and lets none through until mend(). */
  cut(): void {
    this.cutOff = true;
    for (const socket of this.sockets) socket.resetAndDestroy();
  }
  mend(): void {
    this.cutOff = false;
  }
  close(): void {
    this.cut();
    this.listener.close();
  }

  private join(client: net.Socket, server: net.Socket): void {
    if (this.cutOff) {
      client.resetAndDestroy();
      server.destroy();
      return;
    }
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
