// Something inside the network that nobody from outside may reach: it counts who knocks, and says nothing.
import net from 'node:net';

export class CountingListener {
  /** TCP connections accepted so far. */
  connections = 0;
  private readonly sockets = new Set<net.Socket>();

  private constructor(private readonly servers: net.Server[]) {
    for (const server of servers) {
      server.on('connection', (socket) => {
        this.connections += 1;
        this.sockets.add(socket);
        socket.on('error', () => {});
      });
    }
  }

  /** On one port of all these addresses, so that one name for each of them leads here. */
  static async start(addresses = ['127.0.0.1', '::1'], port = 0): Promise<CountingListener> {
    const servers: net.Server[] = [];
    for (const address of addresses) {
      const server = net.createServer();
      await new Promise<void>((resolve, reject) => {
        server.on('error', reject);
        server.listen(servers.length > 0 ? portOf(servers[0]!) : port, address, resolve);
      });
      servers.push(server);
    }
    return new CountingListener(servers);
  }

  get port(): number {
    return portOf(this.servers[0]!);
  }
  get host(): string {
    return `localhost:${this.port}`;
  }
  close(): void {
    for (const socket of this.sockets) socket.destroy();
    for (const server of this.servers) server.close();
  }
}

const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port;
