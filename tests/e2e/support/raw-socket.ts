// A WebSocket written out byte by byte, so that a test can send what no library would. Reads the server's frames with
// eyes of its own: what is masked, reserved, too long or fragmented by the server is an error here.
import { connect, type Socket } from 'node:net';
import { createHash, randomBytes } from 'node:crypto';

export const opcode = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  fin?: boolean;
  /** The three reserved bits as a number. */
  rsv?: number;
  /** null: not masked. */
  mask?: Buffer | null;
  /** Bytes of the extended length; by default as few as possible. */
  form?: 0 | 2 | 8;
  /** What the header says instead of the payload's length. */
  claims?: bigint;
}

export function frame(code: number, payload: Buffer | string = '', options: FrameOptions = {}): Buffer {
  const { fin = true, rsv = 0, mask = randomBytes(4) } = options;
  const body = Buffer.from(payload);
  const length = options.claims ?? BigInt(body.length);
  const form = options.form ?? (length < 126n ? 0 : length < 65536n ? 2 : 8);
  const head = Buffer.alloc(2 + form);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | code;
  head[1] = (mask ? 0x80 : 0) | (form === 0 ? Number(length) : form === 2 ? 126 : 127);
  if (form === 2) head.writeUInt16BE(Number(length), 2);
  if (form === 8) head.writeBigUInt64BE(length, 2);
  if (!mask) return Buffer.concat([head, body]);
  return Buffer.concat([head, mask, Buffer.from(body.map((byte, i) => byte ^ mask[i % 4]!))]);
}

export function closePayload(code: number, reason: Buffer | string = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}

export interface Heard {
  opcode: number;
  payload: Buffer;
}

export class RawSocket {
  readonly heard: Heard[] = [];
  status = 0;
  headers = '';
  ended = false;
  private fault: Error | undefined;
  private bytes = Buffer.alloc(0);
  private wake: () => void = () => {};

  private constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => {
      this.bytes = Buffer.concat([this.bytes, data]);
      if (this.status === 101 || this.readHead()) this.readFrames();
      this.wake();
    });
    socket.on('close', () => {
      this.ended = true;
      this.wake();
    });
    socket.on('error', () => {});
  }

  /** Sends `request` as it stands, and resolves with the answer's head. */
  static async ask(port: number, request: string | Buffer): Promise<RawSocket> {
    const raw = new RawSocket(connect(port, '127.0.0.1'));
    raw.socket.write(request);
    await raw.until(() => raw.status !== 0 || raw.ended, 'an answer to the upgrade');
    return raw;
  }

  static async open(url: string, protocols: string[]): Promise<RawSocket> {
    const { port, pathname, search } = new URL(url);
    const key = randomBytes(16).toString('base64');
    const raw = await RawSocket.ask(
      Number(port),
      [
        `GET ${pathname}${search} HTTP/1.1`,
        `Host: 127.0.0.1:${port}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${key}`,
        `Sec-WebSocket-Protocol: ${protocols.join(', ')}`,
        '',
        '',
      ].join('\r\n'),
    );
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    if (raw.status !== 101 || !raw.headers.toLowerCase().includes(`sec-websocket-accept: ${accept.toLowerCase()}`))
      throw new Error(`no WebSocket: ${raw.headers}`);
    return raw;
  }

  /** In pieces of so many bytes, each in a packet of its own as far as the kernel allows. */
  async send(bytes: Buffer, piece = bytes.length): Promise<void> {
    for (let at = 0; at < bytes.length; at += piece) {
      await new Promise<void>((resolve) => this.socket.write(bytes.subarray(at, at + piece), () => resolve()));
    }
  }

  async until(holds: () => boolean, what: string, ms = 10_000): Promise<void> {
    const end = Date.now() + ms;
    for (;;) {
      if (this.fault) throw this.fault;
      if (holds()) return;
      if (Date.now() > end) throw new Error(`${what} did not come; heard ${this.heard.map((h) => h.opcode).join(' ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  get closeFrame(): { code: number; reason: string } | undefined {
    const close = this.heard.find((one) => one.opcode === opcode.close);
    if (!close) return undefined;
    if (close.payload.length === 0) return { code: 1005, reason: '' };
    return { code: close.payload.readUInt16BE(0), reason: close.payload.subarray(2).toString() };
  }

  end(): void {
    this.socket.destroy();
  }

  private readHead(): boolean {
    const at = this.bytes.indexOf('\r\n\r\n');
    if (at < 0) return false;
    this.headers = this.bytes.subarray(0, at).toString('latin1');
    this.status = Number(this.headers.split(' ')[1]);
    this.bytes = this.bytes.subarray(at + 4);
    return this.status === 101;
  }

  private readFrames(): void {
    while (this.bytes.length >= 2) {
      const short = this.bytes[1]! & 0x7f;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.bytes.length < head) return;
      const length =
        short === 126 ? this.bytes.readUInt16BE(2) : short === 127 ? Number(this.bytes.readBigUInt64BE(2)) : short;
      if (this.bytes.length < head + length) return;
      const first = this.bytes[0]!;
      const shortest = length < 126 ? 2 : length < 65536 ? 4 : 10;
      if ((first & 0xf0) !== 0x80 || this.bytes[1]! & 0x80 || head !== shortest)
        this.fault = new Error(`the server breaks the protocol: ${this.bytes.subarray(0, head).toString('hex')}`);
      this.heard.push({ opcode: first & 0xf, payload: Buffer.from(this.bytes.subarray(head, head + length)) });
      this.bytes = this.bytes.subarray(head + length);
    }
  }
}
