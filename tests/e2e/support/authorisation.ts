// docs/authorisation.md as its tests read it, and the tokens of those who ask in them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import type { Server } from './server.ts';
import { WireError, type Wire } from './wire.ts';

const page = readFileSync(fileURLToPath(new URL('../../../docs/authorisation.md', import.meta.url)), 'utf8');

export interface Table {
  columns: string[];
  rows: { name: string; cells: string[] }[];
}

/** The table below this heading. */
export function table(heading: string): Table {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const split = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim());
  if (lines.length < 3) throw new Error(`docs/authorisation.md has no table below ${heading}`);
  const [head, , ...rows] = lines.map(split) as [string[], string[], ...string[][]];
  return { columns: head.slice(1), rows: rows.map(([name, ...cells]) => ({ name: name!, cells })) };
}

/** Row, column and what the cell says. */
export const cellsOf = ({ columns, rows }: Table): (readonly [string, string, string])[] =>
  rows.flatMap(({ name, cells }) => columns.map((column, i) => [name, column, cells[i]!] as const));

export const secret = 'a secret of this test, which is long enough';
export const serverKey = 'the key of the operator of this test';

export async function token(
  user: string,
  { calls, device, key = secret, expires = '1h' }: TokenOptions = {},
): Promise<string> {
  return new SignJWT({ name: user, ...(device ? { device } : {}), ...(calls ? { calls } : {}) })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(key));
}
interface TokenOptions {
  calls?: Record<string, unknown>;
  device?: string;
  key?: string;
  expires?: string;
}

/** `yes`, or the code of the error. */
export const outcomeOf = async (doing: Promise<unknown>): Promise<string> =>
  doing.then(
    () => 'yes',
    (error: unknown) => {
      if (error instanceof WireError) return error.name;
      throw error;
    },
  );

/** What the operator sees of a call, without what grows by itself. */
export async function callSeen(server: Server, callId: string, headers = {}): Promise<unknown> {
  const seen = await (await fetch(`${server.url}/v1/calls/${callId}`, { headers })).json();
  for (const person of seen.people ?? []) delete person.inCallMs;
  return seen;
}

/** What each has heard, but how well it sounds. What was asked before is done by then: media requests keep their order. */
export async function heardBy(people: Record<string, Wire>): Promise<Record<string, string[]>> {
  await Promise.all(Object.values(people).map((wire) => wire.request('getRouterRtpCapabilities')));
  const told = (wire: Wire) => wire.methods().filter((method) => !/Score$|LayersChanged$|^activeSpeaker$/.test(method));
  return Object.fromEntries(Object.entries(people).map(([name, wire]) => [name, told(wire)]));
}
