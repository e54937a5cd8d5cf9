// What a WebSocket server must do with what comes, case by case, in the order of RFC 6455 and in the manner of the
// Autobahn suite. Our messages are protoo frames, so that "echo" here is a request whose answer has the same id.
import { closePayload, frame, opcode, type FrameOptions } from './raw-socket.ts';

export interface Case {
  name: string;
  bytes: Buffer;
  /** So many bytes at a time; else all at once. */
  piece?: number;
  /** Ids of requests that are answered, in this order. */
  answers?: number[];
  /** Payloads of the pongs that come, in this order. */
  pongs?: (string | Buffer)[];
  /** The server's close code; else the connection stays open. */
  closes?: number;
}

const { text, binary, more, close, ping, pong } = opcode;
const join = (...parts: Buffer[]) => Buffer.concat(parts);

/** A request of exactly so many bytes, or as short as it can be. */
export function request(id: number, bytes = 0, filling = 'x'): Buffer {
  const of = (padding: string) =>
    Buffer.from(`{"request":true,"id":${id},"method":"conformance","data":{"p":"${padding}"}}`);
  const padding = Math.max(0, bytes - of('').length);
  return of(filling.repeat(padding));
}

const message = (id: number, options?: FrameOptions, bytes = 0) => frame(text, request(id, bytes), options);
/** Sent after a fault, to see that it is not read any more. */
const late = message(99);

/** Section 5.2: lengths in each of their three forms, and however they are cut on their way. */
function lengths(): Case[] {
  const sizes = [68, 100, 124, 125, 126, 127, 128, 129, 255, 256, 1000, 4096, 16383, 16384, 65534, 65535, 65536];
  const cases = sizes.flatMap((bytes): Case[] => {
    const whole = message(1, {}, bytes);
    const pieces = [whole.length, 1460, ...(bytes <= 256 ? [1, 2, 3] : [997])];
    return pieces.map((piece) => ({
      name: `a message of ${bytes} bytes, ${piece} at a time`,
      bytes: whole,
      piece,
      answers: [1],
    }));
  });
  const many = Array.from({ length: 20 }, (_, i) => i + 1);
  return [
    ...cases,
    { name: '20 messages in one packet', bytes: join(...many.map((id) => message(id))), answers: many },
    { name: '20 messages, 7 bytes at a time', bytes: join(...many.map((id) => message(id))), piece: 7, answers: many },
    { name: 'one byte above the limit', bytes: join(message(1, {}, 65537), late), closes: 1009 },
    { name: 'twice the limit', bytes: join(message(1, {}, 131072), late), closes: 1009 },
    ...[1n << 17n, 1n << 32n, (1n << 63n) - 1n].map((claims): Case => ({
      name: `a header that promises ${claims} bytes`,
      bytes: frame(text, 'x', { claims, form: 8 }),
      closes: 1009,
    })),
    { name: 'a negative length', bytes: frame(text, 'x', { claims: (1n << 64n) - 1n, form: 8 }), closes: 1002 },
    ...([2, 8] as const).flatMap((form) =>
      [1, 68, 125].map((bytes): Case => ({
        name: `a length of ${bytes} in ${form} bytes`,
        bytes: frame(text, request(1, bytes), { form, claims: BigInt(bytes) }),
        closes: 1002,
      })),
    ),
    { name: 'a length of 65535 in 8 bytes', bytes: message(1, { form: 8 }, 65535), closes: 1002 },
  ];
}

/** Sections 5.1 and 5.3: clients mask, with whatever mask. */
function masks(): Case[] {
  const every = [0, 1, 0x80, 0xff].map((byte) => Buffer.alloc(4, byte));
  return [
    ...[...every, Buffer.from([1, 2, 3, 4]), Buffer.from([0xff, 0, 0xff, 0])].map((mask): Case => ({
      name: `a mask of ${mask.toString('hex')}`,
      bytes: message(1, { mask }),
      answers: [1],
    })),
    ...[text, more, ping, pong, close].map((code): Case => ({
      name: `not masked, opcode ${code}`,
      bytes: join(frame(code, '', { mask: null }), late),
      closes: 1002,
    })),
  ];
}

/** Section 5.5: control frames. */
function controls(): Case[] {
  const payloads = ['', 'a', 'x'.repeat(124), 'x'.repeat(125)];
  const bytes = Buffer.from([0, 0xff, 0xfe, 0xc3, 0x28, 0x80]);
  return [
    ...payloads.map((payload): Case => ({
      name: `a ping of ${payload.length} bytes`,
      bytes: frame(ping, payload),
      pongs: [payload],
    })),
    { name: 'a ping of what is no text', bytes: frame(ping, bytes), pongs: [bytes] },
    { name: 'a ping, byte by byte', bytes: frame(ping, 'slow'), piece: 1, pongs: ['slow'] },
    {
      name: 'ten pings in one packet',
      bytes: join(...[...'abcdefghij'].map((payload) => frame(ping, payload))),
      pongs: [...'abcdefghij'],
    },
    { name: 'a pong that nobody asked for', bytes: join(frame(pong, 'x'), message(1)), answers: [1] },
    { name: 'an empty pong', bytes: join(frame(pong), message(1)), answers: [1] },
    { name: 'a pong and a ping', bytes: join(frame(pong, 'x'), frame(ping, 'y')), pongs: ['y'] },
    { name: 'a ping behind a message', bytes: join(message(1), frame(ping, 'y')), answers: [1], pongs: ['y'] },
    ...[ping, pong, close].flatMap((code): Case[] => [
      { name: `control ${code} of 126 bytes`, bytes: join(frame(code, 'x'.repeat(126)), late), closes: 1002 },
      { name: `control ${code} of 70000 bytes`, bytes: frame(code, 'x'.repeat(70_000)), closes: 1002 },
      { name: `control ${code} in fragments`, bytes: join(frame(code, '', { fin: false }), late), closes: 1002 },
      {
        name: `control ${code} whose length takes 2 bytes`,
        bytes: join(frame(code, 'xx', { form: 2 }), late),
        closes: 1002,
      },
    ]),
  ];
}

/** Section 5.2: bits and opcodes that mean nothing yet. */
function reserved(): Case[] {
  const bits = [1, 2, 3, 4, 5, 6, 7].flatMap((rsv): Case[] => [
    { name: `reserved bits ${rsv} in a text`, bytes: join(message(1, { rsv }), late), closes: 1002 },
    {
      name: `reserved bits ${rsv} behind a good message`,
      bytes: join(message(1), message(2, { rsv }), late),
      answers: [1],
      closes: 1002,
    },
    { name: `reserved bits ${rsv} in a ping`, bytes: join(frame(ping, 'x', { rsv }), late), closes: 1002 },
    { name: `reserved bits ${rsv} in a close`, bytes: frame(close, closePayload(1000), { rsv }), closes: 1002 },
    {
      name: `reserved bits ${rsv} in a continuation`,
      bytes: join(frame(text, '{', { fin: false }), frame(more, '}', { rsv })),
      closes: 1002,
    },
  ]);
  const opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((code): Case[] => [
    { name: `opcode ${code}, empty`, bytes: join(frame(code), late), closes: 1002 },
    {
      name: `opcode ${code} behind a good message, byte by byte`,
      bytes: join(message(1), frame(code, 'x'), late),
      piece: 1,
      answers: [1],
      closes: 1002,
    },
  ]);
  return [...bits, ...opcodes];
}

/** A message cut into so many frames of about equal length. */
function cut(payload: Buffer, count: number, between: Buffer = Buffer.alloc(0)): Buffer {
  const size = Math.ceil(payload.length / count);
  const frames = Array.from({ length: count }, (_, i) =>
    join(
      i === 0 ? Buffer.alloc(0) : between,
      frame(i === 0 ? text : more, payload.subarray(i * size, (i + 1) * size), { fin: i === count - 1 }),
    ),
  );
  return join(...frames);
}

/** Section 5.4. */
function fragments(): Case[] {
  const start = frame(text, '{', { fin: false });
  return [
    ...[2, 3, 10, 60].flatMap((count): Case[] => [
      { name: `${count} fragments`, bytes: cut(request(1), count), answers: [1] },
      { name: `${count} fragments, byte by byte`, bytes: cut(request(1), count), piece: 1, answers: [1] },
      {
        name: `${count} fragments with pings between`,
        bytes: cut(request(1), count, frame(ping, 'p')),
        pongs: Array<string>(count - 1).fill('p'),
        answers: [1],
      },
      {
        name: `${count} fragments with pongs between`,
        bytes: cut(request(1), count, frame(pong, 'p')),
        answers: [1],
      },
    ]),
    { name: 'the limit in 64 fragments', bytes: cut(request(1, 65536), 64), answers: [1] },
    { name: 'above the limit in 64 fragments', bytes: join(cut(request(1, 65600), 64), late), closes: 1009 },
    {
      name: 'empty fragments around a message',
      bytes: join(
        frame(text, '', { fin: false }),
        frame(more, request(1), { fin: false }),
        frame(more, '', { fin: false }),
        frame(more, ''),
      ),
      answers: [1],
    },
    {
      name: 'a thousand empty fragments',
      bytes: join(
        frame(text, request(1), { fin: false }),
        ...Array.from({ length: 1000 }, () => frame(more, '', { fin: false })),
        frame(more, ''),
      ),
      answers: [1],
    },
    { name: 'two messages in fragments', bytes: join(cut(request(1), 3), cut(request(2), 3)), answers: [1, 2] },
    { name: 'a continuation of nothing', bytes: join(frame(more, 'x'), late), closes: 1002 },
    { name: 'a continuation of nothing, not final', bytes: frame(more, 'x', { fin: false }), closes: 1002 },
    {
      name: 'a continuation behind a whole message',
      bytes: join(message(1), frame(more, 'x')),
      answers: [1],
      closes: 1002,
    },
    { name: 'a text inside a text', bytes: join(start, message(1), late), closes: 1002 },
    { name: 'a start inside a text', bytes: join(start, start, late), closes: 1002 },
    { name: 'a binary inside a text', bytes: join(start, frame(binary, 'x'), late), closes: 1002 },
    {
      name: 'a ping, then a text inside a text',
      bytes: join(start, frame(ping, 'p'), message(1)),
      pongs: ['p'],
      closes: 1002,
    },
    { name: 'a close inside a text', bytes: join(start, frame(close, closePayload(1000))), closes: 1000 },
    { name: 'binary', bytes: join(frame(binary, request(1)), late), closes: 1003 },
    { name: 'binary, empty', bytes: join(frame(binary), late), closes: 1003 },
    { name: 'binary in fragments', bytes: join(frame(binary, 'x', { fin: false }), late), closes: 1003 },
  ];
}

const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** Section 8.1, and the borders of RFC 3629. */
function utf8(): Case[] {
  const good = [
    '7f',
    'c2 80',
    'df bf',
    'e0 a0 80',
    'e1 80 80',
    'ec bf bf',
    'ed 80 80',
    'ed 9f bf',
    'ee 80 80',
    'ef bb bf',
    'ef bf bd',
    'ef bf be',
    'ef bf bf',
    'f0 90 80 80',
    'f1 80 80 80',
    'f3 bf bf bf',
    'f4 80 80 80',
    'f4 8f bf bf',
    'ce ba e1 bd b9 cf 83 ce bc ce b5',
    'd8 a7 d9 84 d8 b9 e2 80 ae d8 b1',
  ];
  const bad = [
    '80',
    'bf',
    'fe',
    'ff',
    'c0 80',
    'c0 af',
    'c1 bf',
    'c3 28',
    'e0 80 80',
    'e0 80 af',
    'e0 9f bf',
    'e2 28 a1',
    'e2 82 28',
    'ed a0 80',
    'ed ad bf',
    'ed ae 80',
    'ed bf bf',
    'ed a0 80 ed b0 80',
    'f0 80 80 80',
    'f0 80 80 af',
    'f0 8f bf bf',
    'f0 28 8c bc',
    'f0 90 28 bc',
    'f0 28 8c 28',
    'f4 90 80 80',
    'f5 80 80 80',
    'f7 bf bf bf',
    'f8 88 80 80 80',
    'fc 84 80 80 80 80',
    'c3',
    'e2 82',
    'f0 9f 98',
  ];
  const holding = (id: number, middle: Buffer) => {
    const [before, behind] = request(id, 0).toString().split('"p":"');
    return join(Buffer.from(`${before}"p":"`), middle, Buffer.from(behind!));
  };
  return [
    ...good.flatMap((hex): Case[] => [
      { name: `the characters ${hex}`, bytes: frame(text, holding(1, bytesOf(hex))), answers: [1] },
      {
        name: `the characters ${hex}, a fragment for each byte`,
        bytes: cut(holding(1, bytesOf(hex)), holding(1, bytesOf(hex)).length),
        answers: [1],
      },
    ]),
    ...bad.flatMap((hex): Case[] => [
      { name: `no characters: ${hex}`, bytes: join(frame(text, holding(1, bytesOf(hex))), late), closes: 1007 },
      {
        name: `no characters: ${hex}, a fragment for each byte`,
        bytes: join(cut(holding(1, bytesOf(hex)), holding(1, bytesOf(hex)).length), late),
        closes: 1007,
      },
    ]),
    {
      name: 'what is wrong shows before the message ends',
      bytes: frame(text, bytesOf('ce ba f4 90'), { fin: false }),
      closes: 1007,
    },
    { name: 'a message that ends inside a character', bytes: frame(text, bytesOf('22 f0 9f 98')), closes: 1007 },
  ];
}

/** Sections 5.5.1 and 7. */
function closing(): Case[] {
  const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
  const invalid = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 9999, 65535];
  return [
    ...valid.map((code): Case => ({
      name: `close code ${code}`,
      bytes: frame(close, closePayload(code, 'bye')),
      closes: code,
    })),
    ...invalid.map((code): Case => ({
      name: `close code ${code}, which may not be sent`,
      bytes: frame(close, closePayload(code)),
      closes: 1002,
    })),
    { name: 'a close without a code', bytes: frame(close), closes: 1005 },
    { name: 'a close of one byte', bytes: frame(close, 'x'), closes: 1002 },
    { name: 'a reason of 123 bytes', bytes: frame(close, closePayload(1000, 'x'.repeat(123))), closes: 1000 },
    { name: 'a reason of 124 bytes', bytes: frame(close, closePayload(1000, 'x'.repeat(124))), closes: 1002 },
    { name: 'a reason that is no text', bytes: frame(close, closePayload(1000, bytesOf('ff'))), closes: 1007 },
    { name: 'a reason cut in a character', bytes: frame(close, closePayload(1000, bytesOf('f0 9f'))), closes: 1007 },
    { name: 'a reason in many letters', bytes: frame(close, closePayload(1000, 'tschüß 😀')), closes: 1000 },
    { name: 'a close, byte by byte', bytes: frame(close, closePayload(1000, 'slow')), piece: 1, closes: 1000 },
    {
      name: 'two closes',
      bytes: join(frame(close, closePayload(1000)), frame(close, closePayload(1001))),
      closes: 1000,
    },
    { name: 'a message behind a close', bytes: join(frame(close, closePayload(1000)), late), closes: 1000 },
    { name: 'a ping behind a close', bytes: join(frame(close, closePayload(1000)), frame(ping, 'x')), closes: 1000 },
    {
      name: 'a close behind a message',
      bytes: join(message(1), frame(close, closePayload(3001))),
      answers: [1],
      closes: 3001,
    },
  ];
}

export const cases: Case[] = [
  ...lengths(),
  ...masks(),
  ...controls(),
  ...reserved(),
  ...fragments(),
  ...utf8(),
  ...closing(),
];
