// Messages of D-Bus, bytes to values and back: the wire format of the D-Bus specification, little-endian, as far as
// desktop notifications need it (no file descriptors, no doubles to send).

export type Value = string | number | bigint | boolean | Value[];

export interface Message {
  type: 'call' | 'return' | 'error' | 'signal';
  serial: number;
  path?: string;
  interface?: string;
  member?: string;
  errorName?: string;
  replySerial?: number;
  destination?: string;
  sender?: string;
  signature?: string;
  body: Value[];
}

const types = ['', 'call', 'return', 'error', 'signal'] as const;
/** Header fields by their code: the name here, and the type. */
const fields = [
  ['', ''],
  ['path', 'o'],
  ['interface', 's'],
  ['member', 's'],
  ['errorName', 's'],
  ['replySerial', 'u'],
  ['destination', 's'],
  ['sender', 's'],
  ['signature', 'g'],
] as const;

const alignments: Record<string, number> = { y: 1, g: 1, v: 1, n: 2, q: 2, x: 8, t: 8, d: 8, '(': 8, '{': 8 };
const alignment = (type: string): number => alignments[type[0]!] ?? 4;

/** "sa{sv}i" as ["s", "a{sv}", "i"]. */
function split(signature: string): string[] {
  const parts: string[] = [];
  let begin = 0;
  let depth = 0;
  for (let at = 0; at < signature.length; at++) {
    const letter = signature[at]!;
    if (letter === '(' || letter === '{') depth++;
    if (letter === ')' || letter === '}') depth--;
    if (depth > 0 || letter === 'a') continue;
    parts.push(signature.slice(begin, at + 1));
    begin = at + 1;
  }
  return parts;
}

class Reader {
  constructor(
    private readonly bytes: Buffer,
    private at = 0,
  ) {}

  align(to: number): void {
    this.at = Math.ceil(this.at / to) * to;
  }
  all(signature: string): Value[] {
    return split(signature).map((type) => this.one(type));
  }
  /** Arrays, structures and entries of dictionaries are lists; a variant is what it holds. */
  one(type: string): Value {
    this.align(alignment(type));
    const { bytes } = this;
    switch (type[0]) {
      case 'y':
        return bytes.readUInt8(this.step(1));
      case 'n':
        return bytes.readInt16LE(this.step(2));
      case 'q':
        return bytes.readUInt16LE(this.step(2));
      case 'b':
        return bytes.readUInt32LE(this.step(4)) === 1;
      case 'i':
        return bytes.readInt32LE(this.step(4));
      case 'u':
      case 'h':
        return bytes.readUInt32LE(this.step(4));
      case 'x':
        return bytes.readBigInt64LE(this.step(8));
      case 't':
        return bytes.readBigUInt64LE(this.step(8));
      case 'd':
        return bytes.readDoubleLE(this.step(8));
      case 's':
      case 'o':
        return this.text(bytes.readUInt32LE(this.step(4)));
      case 'g':
        return this.text(bytes.readUInt8(this.step(1)));
      case 'v':
        return this.one(this.one('g') as string);
      case 'a':
        return this.array(type.slice(1));
      default:
        return this.all(type.slice(1, -1)); // ( or {
    }
  }

  private array(type: string): Value[] {
    const size = this.bytes.readUInt32LE(this.step(4));
    this.align(alignment(type));
    const end = this.at + size;
    const items: Value[] = [];
    while (this.at < end) items.push(this.one(type));
    return items;
  }
  private text(size: number): string {
    const begin = this.step(size + 1); // A NUL follows.
    return this.bytes.toString('utf8', begin, begin + size);
  }
  private step(size: number): number {
    this.at += size;
    return this.at - size;
  }
}

class Writer {
  private readonly pieces: Buffer[] = [];
  size = 0;

  align(to: number): void {
    this.add(Buffer.alloc(Math.ceil(this.size / to) * to - this.size));
  }
  all(signature: string, values: Value[]): void {
    split(signature).forEach((type, index) => this.one(type, values[index]!));
  }
  one(type: string, value: Value): void {
    this.align(alignment(type));
    if (type === 'y') this.add(Buffer.of(value as number));
    else if (type === 'u' || type === 'b') this.number(Number(value));
    else if (type === 's' || type === 'o') this.text(value as string);
    else if (type === 'g')
      this.add(Buffer.from(`${String.fromCharCode((value as string).length)}${value as string}\0`));
    else if (type === 'v') this.all('gs', ['s', value]);
    else if (type[0] === 'a') this.array(type.slice(1), value as Value[]);
    else if (type[0] === '(' || type[0] === '{') this.all(type.slice(1, -1), value as Value[]);
    else throw new Error(`D-Bus type ${type}`);
  }
  /** A header field: the one variant that is not text. */
  field(code: number, type: string, value: Value): void {
    this.align(8);
    this.one('y', code);
    this.one('g', type);
    this.one(type, value);
  }
  number(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    this.add(bytes);
  }
  bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
  add(bytes: Buffer): void {
    this.pieces.push(bytes);
    this.size += bytes.length;
  }

  private text(value: string): void {
    this.number(Buffer.byteLength(value));
    this.add(Buffer.from(`${value}\0`));
  }
  private array(type: string, values: Value[]): void {
    if (values.length > 0 && alignment(type) > 4)
      throw new Error('an array of what is aligned to 8 is only sent empty');
    const items = new Writer();
    for (const value of values) items.one(type, value);
    this.number(items.size);
    this.align(alignment(type));
    this.add(items.bytes());
  }
}

const fixedHeader = 16;

/** The messages that are whole in `bytes`, and what is left over. */
export function takeMessages(bytes: Buffer): { messages: Message[]; rest: Buffer } {
  const messages: Message[] = [];
  while (bytes.length >= fixedHeader) {
    const header = fixedHeader + Math.ceil(bytes.readUInt32LE(12) / 8) * 8;
    const size = header + bytes.readUInt32LE(4);
    if (bytes.length < size) break;
    messages.push(decode(bytes.subarray(0, size), header));
    bytes = bytes.subarray(size);
  }
  return { messages, rest: bytes };
}

function decode(bytes: Buffer, header: number): Message {
  const message: Message = { type: types[bytes[1]!] as Message['type'], serial: bytes.readUInt32LE(8), body: [] };
  for (const [code, value] of new Reader(bytes, 12).one('a(yv)') as [number, Value][]) {
    const [name] = fields[code] ?? [''];
    if (name) Object.assign(message, { [name]: value });
  }
  // Numbers in the body are aligned to its own begin, which is a multiple of 8.
  message.body = new Reader(bytes, header).all(message.signature ?? '');
  return message;
}

export function encode(message: Message): Buffer {
  const body = new Writer();
  body.all(message.signature ?? '', message.body);
  const list = new Writer();
  fields.forEach(([name, type], code) => {
    const value = name && message[name];
    if (value !== undefined && value !== '') list.field(code, type, value);
  });
  const whole = new Writer();
  whole.add(Buffer.from(['l'.charCodeAt(0), types.indexOf(message.type), 0, 1]));
  for (const number of [body.size, message.serial, list.size]) whole.number(number);
  whole.add(list.bytes());
  whole.align(8);
  whole.add(body.bytes());
  return whole.bytes();
}
