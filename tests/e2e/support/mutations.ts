// Wrong values for the fields of a message: what a careless client sends, and what one sends on purpose.

/** Text that goes into JSON as it stands, for numbers that JavaScript has not. */
export class Raw {
  constructor(readonly text: string) {}
  toJSON(): string {
    return `@raw ${this.text}@`;
  }
}

export const write = (value: unknown): string => JSON.stringify(value).replace(/"@raw ([^"]*)@"/g, '$1');

export interface Mutation {
  name: string;
  /** undefined: the field is left out. */
  value?: unknown;
  /** Two values under one name, in this order. */
  twice?: [unknown, unknown];
  /** Never right for a field that holds such a value; else it may be, and only must do no harm. */
  wrong: boolean;
}

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
const beyond = new Raw('9223372036854775808');
const endless = new Raw('1e400');

/** `good` is a value that is right there; `optional`: it may be left out. */
export function mutationsOf(good: unknown, optional: boolean, closed: boolean): Mutation[] {
  const kind = Array.isArray(good) ? 'array' : typeof good;
  const other: Record<string, [string, unknown][]> = {
    string: [
      ['a number', 7],
      ['true', true],
      ['an array', ['x']],
      ['an object', { x: 'x' }],
      ['empty', ''],
      ['-1', -1],
      ['2^63', beyond],
      ['10 kB', 'x'.repeat(10_000)],
      ['with a NUL', 'a\u0000b'],
    ],
    number: [
      ['text', '7'],
      ['NaN text', 'NaN'],
      ['true', true],
      ['an array', [7]],
      ['an object', {}],
      ['-1', -1],
      ['a fraction', 0.5],
      ['2^31', 2 ** 31],
      ['2^63', beyond],
      ['1e308', 1e308],
      ['1e400', endless],
    ],
    boolean: [
      ['text', 'true'],
      ['a number', 1],
      ['an array', []],
      ['an object', {}],
      ['2^63', beyond],
      ['NaN text', 'NaN'],
    ],
    array: [
      ['text', 'x'],
      ['an object', {}],
      ['a number', 7],
      ['true', true],
      ['2^63', beyond],
      ['500 elements', Array.from({ length: 500 }, () => 7)],
    ],
    object: [
      ['text', 'x'],
      ['an array', []],
      ['a number', 7],
      ['true', true],
      ['-1', -1],
      ['2^63', beyond],
      ['NaN text', 'NaN'],
      ['holding 1e400', { x: [endless] }],
    ],
  };
  const harmless: [string, unknown][] = [
    ['right to left', '\u202eمرحبا\u202c'],
    ['NaN text', 'NaN'],
    ['an object of 10 kB', { x: 'x'.repeat(10_000) }],
  ];
  const wrongOne = other[kind]![0]![1];
  return [
    { name: 'missing', wrong: !optional },
    { name: 'null', value: null, wrong: !optional },
    ...other[kind]!.map(([name, value]) => ({ name, value, wrong: true })),
    { name: 'deep', value: deep(10), wrong: kind !== 'array' || !optional },
    ...harmless
      .filter(([, value]) => (kind === 'string' && typeof value === 'string') || kind === 'object')
      .map(([name, value]) => ({ name, value, wrong: closed || typeof value !== kind })),
    { name: 'twice, the wrong one last', twice: [good, wrongOne] as [unknown, unknown], wrong: true },
    { name: 'twice, the wrong one first', twice: [wrongOne, good] as [unknown, unknown], wrong: false },
  ];
}
