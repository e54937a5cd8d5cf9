// Repeatable random numbers, and ways to break JSON with them.

/** mulberry32: small, fast, good enough to choose with. */
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(n) {
    return Math.floor(this.next() * n);
  }
  chance(p) {
    return this.next() < p;
  }
  pick(list) {
    return list[this.below(list.length)];
  }
  /** Some of the list, at least one, in its order or (one time in five) shuffled. */
  some(list, most = list.length) {
    const wanted = 1 + this.below(Math.min(most, list.length));
    const chosen = this.shuffled(list.map((_, i) => i)).slice(0, wanted);
    if (!this.chance(0.2)) chosen.sort((a, b) => a - b);
    return chosen.map((i) => list[i]);
  }
  shuffled(list) {
    const copy = [...list];
    for (let i = copy.length - 1; i > 0; --i) {
      const j = this.below(i + 1);
      [copy[i], copy[j]] = [copy[j], copy[i]];
    }
    return copy;
  }
}

export const clone = (value) => JSON.parse(JSON.stringify(value));

const anything = [
  null,
  true,
  false,
  0,
  1,
  -1,
  2,
  13,
  96,
  100,
  127,
  128,
  255,
  256,
  65534,
  65535,
  65536,
  1.5,
  1e-7,
  2147483647,
  2147483648,
  -2147483648,
  -2147483649,
  4294967295,
  4294967296,
  9007199254740991,
  9007199254740992,
  1e20,
  1e300,
  -0,
  '',
  ' ',
  'x',
  '0',
  '1',
  'audio',
  'video',
  'audio/opus',
  'VIDEO/RTX',
  'video/',
  'video/\n',
  'a/rtx',
  'nack',
  'pli',
  'sendrecv',
  'sendonly',
  'inactive',
  'stopped',
  'L3T3',
  '42e01f',
  'sí',
  'ſ',
  '\u0000',
  'x'.repeat(256),
  'x'.repeat(1025),
  [],
  [null],
  [1],
  [[]],
  {},
  { a: 1 },
  { ssrc: 1 },
  { type: 'nack' },
];

/** Every place in the value: its holder and its key. */
function places(value, found = []) {
  if (value === null || typeof value !== 'object') return found;
  for (const key of Object.keys(value)) {
    found.push([value, key]);
    places(value[key], found);
  }
  return found;
}

function changed(random, value) {
  if (typeof value === 'number')
    return random.pick([value + 1, value - 1, -value, value * 2, value + 0.5, String(value)]);
  if (typeof value === 'string')
    return random.pick([
      value.toUpperCase(),
      value.toLowerCase(),
      value.slice(0, -1),
      `${value}x`,
      ` ${value}`,
      value.slice(1),
    ]);
  if (typeof value === 'boolean') return !value;
  return random.pick(anything);
}

/** Changes one place of the value, which is not a bare one; returns it. */
export function mutate(random, value) {
  const all = places(value);
  if (all.length === 0) return random.pick(anything);
  const [holder, key] = random.pick(all);
  switch (random.below(8)) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      break;
    case 1:
    case 2:
      holder[key] = clone(random.pick(anything));
      break;
    case 3:
    case 4:
      holder[key] = changed(random, holder[key]);
      break;
    case 5: {
      // A copy of something from elsewhere in the same value.
      const [other, name] = random.pick(all);
      holder[key] = clone(other[name] ?? null);
      break;
    }
    case 6:
      if (Array.isArray(holder)) holder.splice(random.below(holder.length + 1), 0, clone(holder[key]));
      else holder[`unknown${random.below(3)}`] = clone(random.pick(anything));
      break;
    default:
      if (Array.isArray(holder)) holder.push(clone(random.pick(anything)));
      else
        holder[random.pick(['apt', 'rtx', 'channels', 'parameter', 'ordered', 'dtx', 'maxBitrate'])] = clone(
          random.pick(anything),
        );
  }
  return value;
}

/** Half of all stay good; the others get one to four changes. */
export function maybeBroken(random, value, chance = 0.5) {
  let result = clone(value);
  if (!random.chance(chance)) return result;
  if (random.chance(0.02)) return clone(random.pick(anything));
  for (let count = 1 + random.below(4) * random.below(2); count > 0; --count) result = mutate(random, result);
  return result;
}
