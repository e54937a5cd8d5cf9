// What strangers send to a media port: STUN by hand (RFC 8489), RTP, a DTLS hello, noise. Sent from sockets of their own.
import { createHmac, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function attribute(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}

/** A binding request of an ICE client that controls and nominates. */
export function stun(username: string, password: string): Buffer {
  const head = Buffer.concat([Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]), randomBytes(12)]);
  let message = Buffer.concat([
    head,
    attribute(0x0006, Buffer.from(username)),
    attribute(0x0024, Buffer.from([0x6e, 0x7f, 0x1e, 0xff])), // PRIORITY
    attribute(0x802a, randomBytes(8)), // ICE-CONTROLLING
    attribute(0x0025, Buffer.alloc(0)), // USE-CANDIDATE
  ]);
  message.writeUInt16BE(message.length - 20 + 24, 2);
  const integrity = createHmac('sha1', password).update(message).digest();
  message = Buffer.concat([message, attribute(0x0008, integrity)]);
  message.writeUInt16BE(message.length - 20 + 8, 2);
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE((crc32(message) ^ 0x5354554e) >>> 0);
  return Buffer.concat([message, attribute(0x8028, fingerprint)]);
}

export function rtp(ssrc: number, payloadType: number, sequence: number): Buffer {
  const packet = Buffer.concat([Buffer.alloc(12), randomBytes(160)]);
  packet[0] = 0x80;
  packet[1] = payloadType;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(sequence * 960, 4);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
}

/** A DTLS 1.2 ClientHello with one cipher suite (RFC 6347 section 4.2). */
export function clientHello(): Buffer {
  const body = Buffer.concat([
    Buffer.from([0xfe, 0xfd]),
    randomBytes(32),
    Buffer.from([0, 0, 0, 2, 0xc0, 0x2b, 1, 0]), // no session, no cookie, ECDHE-ECDSA-AES128-GCM, no compression
  ]);
  const length = (bytes: number) => Buffer.from([0, bytes >> 8, bytes & 0xff]);
  const handshake = Buffer.concat([
    Buffer.from([1]),
    length(body.length),
    Buffer.from([0, 0]),
    Buffer.from([0, 0, 0]),
    length(body.length),
    body,
  ]);
  return Buffer.concat([
    Buffer.from([22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, handshake.length >> 8, handshake.length & 0xff]),
    handshake,
  ]);
}

export class Stranger {
  readonly heard: Buffer[] = [];
  private readonly socket = dgram.createSocket('udp4');

  constructor(readonly port: number) {
    this.socket.on('message', (message) => this.heard.push(message));
  }

  send(message: Buffer): Promise<void> {
    return new Promise((resolve) => this.socket.send(message, this.port, '127.0.0.1', () => resolve()));
  }

  close(): void {
    this.socket.close();
  }
}
