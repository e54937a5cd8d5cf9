// The table "HTTP" of docs/authorisation.md: the status of each path, by who asks.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cellsOf, secret, serverKey, table, token } from '../support/authorisation.ts';
import { Server } from '../support/server.ts';

let strict: Server;
beforeAll(async () => {
  const env = { CARILLON_AUTH_SECRET: secret };
  // Without --dev: else everybody is the operator.
  strict = await Server.start(['--http-server-key', serverKey], { dev: false, env });
});
afterAll(async () => expect(await strict.stop()).toBe(0));

const tickets = '/v1/tickets/eyJhbGciOiJIUzI1NiJ9.e30.AAAA';
const bearer = async (column: string): Promise<string | undefined> => {
  if (column === 'nobody') return undefined;
  if (column === 'user') return token('alice');
  if (column === 'operator') return serverKey;
  return token('alice', { key: 'another secret, which is as long as that' });
};

test.each(cellsOf(table('HTTP')))('%s by: %s is %s', async (name, column, expected) => {
  const [method, path] = name.split(' ') as [string, string];
  const key = await bearer(column);
  const response = await fetch(strict.url + path.replace('/v1/tickets/<t>', tickets).replaceAll(/<\w+>/g, 'x'), {
    method,
    headers: key ? { authorization: `Bearer ${key}` } : {},
    ...(method === 'POST' ? { body: '{}' } : {}),
  });
  expect(String(response.status)).toBe(expected);
});
