// /metrics by the rules of `promtool check metrics` (Prometheus, https://prometheus.io/docs/practices/naming/), written out
// here since the tool comes with all of Prometheus: each family has its help and type, names say unit and kind, samples fit
// the type. And docs/metrics.md names what there is, and nothing else.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { pause } from '../support/process.ts';
import { World } from '../support/push-world.ts';

interface Family {
  name: string;
  help: string;
  type: string;
  samples: { name: string; labels: Map<string, string>; value: string }[];
}

let families: Family[];
let text = '';

function parse(page: string): Family[] {
  const found: Family[] = [];
  const family = (name: string): Family => {
    const last = found.at(-1);
    if (last?.name === name) return last;
    if (found.some((one) => one.name === name)) throw new Error(`${name} is in two places`);
    found.push({ name, help: '', type: '', samples: [] });
    return found.at(-1)!;
  };
  for (const line of page.split('\n')) {
    if (line === '') continue;
    const described = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (described) {
      const one = family(described[2]!);
      if (one.samples.length > 0) throw new Error(`${line} comes after samples`);
      if (described[1] === 'HELP') one.help = described[3]!;
      else one.type = described[3]!;
      continue;
    }
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!sample) throw new Error(`no sample and no comment: ${line}`);
    const owner = found.at(-1);
    if (!owner || sample[1]!.replace(/_(bucket|sum|count)$/, '') !== owner.name.replace(/_(bucket|sum|count)$/, '')) {
      throw new Error(`${line} belongs to no family`);
    }
    const labels = [...(sample[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)];
    owner.samples.push({
      name: sample[1]!,
      labels: new Map(labels.map(([, name, value]) => [name!, value!])),
      value: sample[3]!,
    });
  }
  return found;
}

beforeAll(async () => {
  // A bit of everything, so that every family has samples.
  const world = await World.start({ args: ['--limits-messages-per-second', '1000'] });
  const phone = await world.away('bob/phone');
  const [alice, carol] = [await world.connect('alice'), await world.connect('carol')];
  await alice.request('start-call', { callees: ['bob', 'carol'], media: 'audio' });
  await phone.next('call-started');
  const { callId } = await carol.next('call-started');
  await carol.request('accept-call', { callId });
  await alice.request('end-call', { callId, everyone: true });
  await carol.next('end-call');
  await alice.request('no-such-method').catch(() => undefined);
  for (let tries = 0; tries < 100 && !text.includes('carillon_push_total{'); ++tries) {
    await pause(50);
    text = await (await fetch(`${world.server.url}/metrics`)).text();
  }
  families = parse(text);
  await world.empty();
  await world.stop();
});
const where = (wrong: (family: Family) => boolean): string[] => families.filter(wrong).map(({ name }) => name);

test('every family has help, a known type, and samples', () => {
  console.log(`/metrics: ${families.length} families, ${families.flatMap(({ samples }) => samples).length} samples`);
  expect(families.length).toBeGreaterThan(12);
  expect(text.endsWith('\n')).toBe(true);
  expect(where(({ help }) => help.trim() === '')).toEqual([]);
  expect(where(({ type }) => !['counter', 'gauge', 'histogram'].includes(type))).toEqual([]);
  expect(
    where(({ samples, name }) => samples.length === 0 && !name.includes('certificate') && !name.includes('limited')),
  ).toEqual([]);
});

test('names say what they count, in base units', () => {
  expect(where(({ name }) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(name))).toEqual([]);
  expect(where(({ name, type }) => (type === 'counter') !== name.endsWith('_total'))).toEqual([]);
  expect(where(({ name, type }) => type !== 'histogram' && /_(bucket|count|sum)$/.test(name))).toEqual([]);
  expect(where(({ name }) => /(^|_)(counter|gauge|histogram|summary|metric)(_|$)/.test(name))).toEqual([]);
  const notBase =
    /_(ns|us|ms|s|m|h|d|min|minutes?|hours?|days?|millis\w*|micros\w*|nanos\w*|kb|mb|kib|mib|kilo\w*|mega\w*|bits?|percent)(_total)?$/;
  expect(where(({ name }) => notBase.test(name))).toEqual([]);
});

test('samples fit their type, once each', () => {
  for (const { name, type, samples } of families) {
    const keys = samples.map((one) => `${one.name}{${[...one.labels].map(([k, v]) => `${k}=${v}`).join()}}`);
    expect(new Set(keys).size, name).toBe(keys.length);
    for (const { value, labels } of samples) {
      expect(Number.isFinite(Number(value)), `${name} ${value}`).toBe(true);
      if (type === 'counter') expect(Number(value), name).toBeGreaterThanOrEqual(0);
      expect(labels.has('le'), name).toBe(type === 'histogram' && labels.has('le'));
    }
    if (type !== 'histogram') continue;
    const buckets = samples.filter((one) => one.name === `${name}_bucket`);
    const counts = buckets.map(({ value }) => Number(value));
    expect(buckets.at(-1)!.labels.get('le'), name).toBe('+Inf');
    expect(counts, name).toEqual([...counts].sort((a, b) => a - b));
    expect(samples.find((one) => one.name === `${name}_count`)!.value, name).toBe(buckets.at(-1)!.value);
    expect(
      samples.some((one) => one.name === `${name}_sum`),
      name,
    ).toBe(true);
  }
});

test('docs/metrics.md names each of them, with its kind and its labels', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../docs/metrics.md', import.meta.url)), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const documented = new Map(
    rows.flatMap((row) => {
      const [, names, kind, labels] = row.split('|').map((cell) => cell.trim());
      return [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => [name!, { kind: kind!, labels: labels! }] as const);
    }),
  );
  for (const { name, type, samples } of families) {
    expect(documented.get(name)?.kind, name).toBe(type);
    const used = new Set(samples.flatMap(({ labels }) => [...labels.keys()]).filter((label) => label !== 'le'));
    for (const label of used) expect(documented.get(name)!.labels, name).toContain(`\`${label}\``);
  }
  const shown = families.map(({ name }) => name);
  // Only there with TLS.
  const always = [...documented.keys()].filter((name) => !name.includes('certificate'));
  expect(always.filter((name) => !shown.includes(name))).toEqual([]);
});
