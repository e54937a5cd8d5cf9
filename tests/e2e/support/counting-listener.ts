// Something inside the network that nobody from outside may reach: it counts who knocks, and says nothing.
import net from 'node:net';

export class CountingListener {
  /** The address that each connection was made to. */
  readonly reached: string[] = [];
  private readonly sockets = new Set<net.Socket>();

  private constructor(
    private readonly servers: net.Server[],
    hangUp: boolean,
  ) {
    for (const server of servers) {
      server.on('connection', (socket) => {
        this.reached.push(`${socket.localAddress!.replace('::ffff:', '')}:${socket.localPort}`);
        this.sockets.add(socket);
        socket.on('error', () => {});
        if (hangUp) socket.destroy();
      });
    }
  }

  /** On these ports of all the machine's addresses; 0: any free one. `hangUp`: nobody is kept waiting. */
  static async start({ ports = [0], hangUp = false } = {}): Promise<CountingListener> {
    const servers = ports.map(() => net.createServer());
    await Promise.all(
      servers.map(
        (server, n) =>
          new Promise<void>((resolve, reject) => {
            server.on('error', reject);
            server.listen(ports[n], '::', resolve);
          }),
      ),
    );
    return new CountingListener(servers, hangUp);
  }

  /** TCP connections accepted so far. */
  get connections(): number {
    return this.reached.length;
  }
  get port(): number {
    return (this.servers[0]!.address() as net.AddressInfo).port;
  }
  get host(): string {
    return `localhost:${this.port}`;
  }
  close(): void {
    for (const socket of this.sockets) socket.destroy();
    for (const server of this.servers) server.close();
  }
}
