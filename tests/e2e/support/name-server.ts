// A DNS server (RFC 1035) that says what a test wants, for a program that is started under `withNames`.
import dgram from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';

/** Addresses of both families; a function is asked anew for each query. 'silence': whoever asks waits in vain. */
export type Names = Record<string, string[] | 'silence' | ((query: number) => string[])>;

const address = '127.0.0.53';

export class NameServer {
  /** Names that were asked for, in order. */
  readonly asked: string[] = [];
  private readonly socket = dgram.createSocket('udp4');
  private readonly folder = mkdtempSync(`${tmpdir()}/carillon-names-`);

  private constructor(private readonly names: Names) {
    this.socket.on('message', (query, from) => {
      const answer = this.answer(query);
      if (answer) this.socket.send(answer, from.port, from.address);
    });
  }

  /** `patience`: how often, and for how many seconds each time, whoever asks waits for an answer. */
  static async start(names: Names, patience = 'timeout:2 attempts:1'): Promise<NameServer> {
    const server = new NameServer(names);
    await new Promise<void>((resolve, reject) => {
      server.socket.on('error', reject);
      server.socket.bind(53, address, resolve);
    });
    writeFileSync(server.configuration, `nameserver ${address}\noptions ${patience}\n`);
    return server;
  }

  /** A command that starts another one, which then asks this server. */
  get under(): string[] {
    const script = `mount --bind '${this.configuration}' /etc/resolv.conf && exec "$@"`;
    // The mounts of the run are private already, where they can be: see loopback-only.sh.
    return ['unshare', '--mount', '--propagation', 'unchanged', 'sh', '-c', script, 'sh'];
  }
  private get configuration(): string {
    return `${this.folder}/resolv.conf`;
  }

  close(): void {
    this.socket.close();
    rmSync(this.folder, { recursive: true });
  }

  private answer(query: Buffer): Buffer | undefined {
    const labels: string[] = [];
    let at = 12;
    for (let size = query[at]!; size > 0; size = query[at]!) {
      labels.push(query.toString('latin1', at + 1, at + 1 + size).toLowerCase());
      at += 1 + size;
    }
    const name = labels.join('.');
    const type = query.readUInt16BE(at + 1);
    const question = query.subarray(12, at + 5);
    const known = this.names[name];
    if (known === 'silence') {
      this.asked.push(name);
      return undefined;
    }
    const all = typeof known === 'function' ? known(this.asked.filter((each) => each === name).length) : (known ?? []);
    this.asked.push(name);
    const found = all.map(bytesOf).filter((bytes) => (bytes.length === 4 ? 1 : 28) === type); // A or AAAA
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(known ? 0x8180 : 0x8183, 2); // no such name
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(found.length, 6);
    const records = found.map((bytes) => {
      const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, bytes.length]); // for 0 s
      return Buffer.concat([record, bytes]);
    });
    return Buffer.concat([header, question, ...records]);
  }
}

function bytesOf(text: string): Buffer {
  if (net.isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [front, back] = [groups(head), groups(tail)];
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}
