// The program with a certificate of its own: HTTPS and wss, what its pages may do, a renewal by SIGHUP, and files that
// are no pair.
import { execFile } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import tls from 'node:tls';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { Authority, type Identity } from '../support/certificates.ts';
import { Server } from '../support/server.ts';

const built = fileURLToPath(new URL('../../../build/release/app/carillon', import.meta.url));
const carillon = process.env.CARILLON_BINARY ?? built;
const run = promisify(execFile);
const folder = mkdtempSync(`${tmpdir()}/carillon-https-`);
const [certificateFile, keyFile] = [`${folder}/fullchain.pem`, `${folder}/privkey.pem`];
const flags = ['--http-tls-certificate-file', certificateFile, '--http-tls-key-file', keyFile];

let authority: Authority;
let server: Server;

beforeAll(async () => {
  authority = Authority.make();
  put(authority.issue());
  server = await Server.start(flags);
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  authority.remove();
  rmSync(folder, { recursive: true });
});

/** As a renewal does: each file whole, one after the other. */
function put({ key, cert }: Identity): void {
  for (const [file, text] of [
    [certificateFile, cert],
    [keyFile, key],
  ] as const) {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

function ask(path: string, method = 'GET', body = '', headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, server.url);
    const request = https.request(url, { method, headers, ca: authority.pem, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function connect(user: string): Promise<WebSocket> {
  const { body } = await ask('/dev/token', 'POST', JSON.stringify({ user }));
  const { token } = JSON.parse(body) as { token: string };
  const socket = new WebSocket(server.wsUrl, ['protoo', `token.${token}`], { ca: authority.pem });
  await new Promise((resolve, reject) => socket.once('message', resolve).once('error', reject));
  return socket;
}

/** The answer to a request that changes nothing. */
function answerOn(socket: WebSocket, id: number): Promise<{ id: number; ok: boolean }> {
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('closed')));
    socket.on('message', function hear(text) {
      const frame = JSON.parse((text as Buffer).toString()) as { response?: boolean; id: number; ok: boolean };
      if (!frame.response || frame.id !== id) return;
      socket.off('message', hear);
      resolve({ id: frame.id, ok: frame.ok });
    });
    socket.send(JSON.stringify({ request: true, id, method: 'no-such-method', data: {} }));
  });
}

/** The serial number of the certificate that a new connection is shown. */
function serial(): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: hostname, port: Number(port), ca: authority.pem }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('its pages run no inline script and no inline style, and no cookie is set anywhere', async () => {
  expect(server.url).toMatch(/^https:/);
  const page = await ask('/');
  expect(page.status).toBe(200);
  const policy = String(page.headers['content-security-policy']);
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("style-src 'self'");
  expect(policy).toContain("object-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');

  const tags = page.body.match(/<[^>]+>/g)!;
  const scripts = tags.filter((tag) => /^<script\b/i.test(tag));
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) expect(script).toMatch(/\ssrc="\//);
  expect(page.body).not.toMatch(/<script\b[^>]*>\s*[^<\s]/i);
  for (const tag of tags) expect(tag).not.toMatch(/^<style\b|\sstyle=|\son\w+=|javascript:/i);

  const assets = [...page.body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1]!);
  const answers = [page, await ask('/nothing'), await ask('/livez'), await ask('/dev/token', 'POST', '{"user":"a"}')];
  for (const asset of assets) answers.push(await ask(asset));
  answers.push(await ask('/v1/debug/counts', 'GET', '', { Cookie: 'session=1; token=2' }));
  for (const answer of answers) {
    expect(answer.headers).not.toHaveProperty('set-cookie');
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  }
});

test('a token in a cookie opens nothing', async () => {
  const { body } = await ask('/dev/token', 'POST', '{"user":"alice"}');
  const { token } = JSON.parse(body) as { token: string };
  const headers = { Cookie: `token=${token}; access_token=${token}` };
  const socket = new WebSocket(server.wsUrl, ['protoo'], { ca: authority.pem, headers });
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode)).on('error', () => {});
  });
  expect(status).toBe(401);
});

/** Whether a connection that goes at once was given a handshake. */
function shakes(target: Server, options: tls.ConnectionOptions & { localAddress?: string } = {}): Promise<boolean> {
  const { hostname, port } = new URL(target.url);
  return new Promise((resolve) => {
    const socket = tls.connect({ host: hostname, port: Number(port), ca: authority.pem, ...options }, () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => resolve(false)).on('close', () => resolve(false));
  });
}

test('a client cannot ask for keys that are dear to make', async () => {
  for (const curve of ['X25519', 'P-256', 'P-384:X25519', 'P-521:P-256']) {
    expect(await shakes(server, { ecdhCurve: curve, minVersion: 'TLSv1.3' }), curve).toBe(true);
  }
  for (const curve of ['P-384', 'P-521', 'X448', 'P-384:P-521']) {
    expect(await shakes(server, { ecdhCurve: curve }), curve).toBe(false);
  }
});

test('who connects again and again is given few handshakes, and another address all it wants', async () => {
  const limited = await Server.start([...flags, '--limits-connections-per-second-ip', '2']);
  const tries = 400;
  let shaken = 0;
  const began = performance.now();
  for (let i = 0; i < tries; ++i) shaken += (await shakes(limited)) ? 1 : 0;
  const seconds = (performance.now() - began) / 1000;
  console.log(`${tries} connections in ${seconds.toFixed(2)} s: ${shaken} handshakes`);
  // Twenty and two a second are welcome; 64 and 16 a second are told that they are not.
  expect(shaken).toBeGreaterThanOrEqual(20 + 64);
  expect(shaken).toBeLessThanOrEqual(20 + 64 + 18 * (seconds + 1));
  for (let i = 0; i < 5; ++i) expect(await shakes(limited, { localAddress: '127.0.0.2' })).toBe(true);
  expect(await limited.stop()).toBe(0);
});

test('SIGHUP shows a renewed certificate to new connections and drops no socket', async () => {
  const sockets = await Promise.all(Array.from({ length: 20 }, (_, i) => connect(`user${i}`)));
  const old = await serial();

  // One half of a renewal: refused, and said so.
  const renewed = authority.issue();
  put({ cert: renewed.cert, key: authority.issue().key });
  server.signal('SIGHUP');
  await until(() => server.log.some((line) => line.includes('the old TLS certificate stays in use')), 'the refusal');
  expect(server.log.filter((line) => line.includes(keyFile))).toHaveLength(1);
  expect(await serial()).toBe(old);

  put(renewed);
  server.signal('SIGHUP');
  await until(async () => (await serial()) !== old, 'the new certificate');
  await Promise.all(
    sockets.map(async (socket, i) => expect(await answerOn(socket, i + 1)).toEqual({ id: i + 1, ok: false })),
  );
  const after = await connect('later');
  expect(await answerOn(after, 1)).toEqual({ id: 1, ok: false });
  for (const socket of [...sockets, after]) socket.close();
});

test('it starts with no pair of files that does not fit, and names the file', async () => {
  const fails = async (certificate: string, key: string): Promise<string> => {
    const wrong = ['check-config', '--dev', '--http-tls-certificate-file', certificate, '--http-tls-key-file', key];
    const failure = await run(carillon, wrong).then(
      () => undefined,
      (error: { code: number; stderr: string }) => error,
    );
    expect(failure?.code).toBe(2);
    return failure!.stderr;
  };
  const [other, missing] = [`${folder}/other.key`, `${folder}/missing.pem`];
  writeFileSync(other, authority.issue().key);
  expect(await fails(certificateFile, other)).toContain(`${other}: expected the private key of the certificate in`);
  expect(await fails(missing, keyFile)).toContain(`cannot read the file ${missing}`);
  expect(await fails(keyFile, keyFile)).toContain(`${keyFile}: expected a certificate in PEM`);
  expect(await fails(certificateFile, '')).toContain('http.tls-certificate-file: expected with tls-key-file');
});
