// How strictly one can read a push message: RFC 8030 (headers), RFC 8188 and 8291 (body), RFC 8292 (who sends).
import { importJWK, jwtVerify, type JWTPayload } from 'jose';
import type { Incoming } from './https-listener.ts';

/** A request that is wrong, and what a push service says to it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** All that a push has to say; a cookie or anything else is too much. Pseudo headers are HTTP/2's. */
const known =
  /^(:method|:scheme|:authority|:path|host|connection|user-agent|accept|content-length|content-type|content-encoding|ttl|urgency|topic|authorization)$/;

export interface PushHeaders {
  ttl: number;
  urgency: string;
  topic?: string;
}

export function checkHeaders({ headers, protocol, body }: Incoming): PushHeaders {
  const unknown = Object.keys(headers).filter((name) => !known.test(name));
  if (unknown.length > 0) throw new Refusal(400, `headers that no push has: ${unknown.join(', ')}`);
  if (headers.ttl === undefined || !/^(0|[1-9]\d{0,6})$/.test(headers.ttl)) {
    throw new Refusal(400, `TTL: ${headers.ttl}`); // RFC 8030 section 5.2: required, 1*DIGIT
  }
  const urgency = headers.urgency ?? 'normal';
  if (!/^(very-low|low|normal|high)$/.test(urgency)) throw new Refusal(400, `Urgency: ${urgency}`);
  const { topic } = headers;
  if (topic !== undefined && !/^[\w-]{1,32}$/.test(topic)) throw new Refusal(400, `Topic: ${topic}`);
  if (headers['content-encoding'] !== 'aes128gcm') {
    throw new Refusal(400, `Content-Encoding: ${headers['content-encoding']}`);
  }
  if (!/^(application\/octet-stream)?$/.test(headers['content-type'] ?? '')) {
    throw new Refusal(400, `Content-Type: ${headers['content-type']}`);
  }
  const length = headers['content-length'];
  if (length === undefined ? protocol === 'http/1.1' : length !== String(body.length)) {
    throw new Refusal(411, `Content-Length: ${length} of ${body.length}`);
  }
  if (body.length > 4096) throw new Refusal(413, `${body.length} bytes`);
  return { ttl: Number(headers.ttl), urgency, topic };
}

/** RFC 8188 section 2.1 with the one record and the key that RFC 8291 section 4 asks for. */
export function checkBody(body: Buffer): void {
  if (body.length < 16 + 4 + 1 + 65 + 1 + 16) throw new Refusal(400, `a body of ${body.length} bytes`);
  const recordSize = body.readUInt32BE(16);
  if (body[20] !== 65 || body[21] !== 4) throw new Refusal(400, 'keyid is no uncompressed point');
  if (body.length - 86 > recordSize) throw new Refusal(400, `more than one record of ${recordSize} bytes`);
}

const day = 24 * 3600;

/** Signatures that were right, with their claims: a sender uses one for many pushes. */
const verified = new Map<string, JWTPayload>();

async function claimsOf(token: string, key: string, audience: string): Promise<JWTPayload> {
  const name = [token, key, audience].join(' ');
  const known = verified.get(name);
  if (known) return known;
  const point = Buffer.from(key, 'base64url');
  if (point.length !== 65 || point[0] !== 4) throw new Refusal(403, 'k is no uncompressed point');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
  const publicKey = await importJWK({ kty: 'EC', crv: 'P-256', x: x!, y: y! }, 'ES256');
  const { payload } = await jwtVerify(token, publicKey, { algorithms: ['ES256'], audience }).catch((error: Error) => {
    throw new Refusal(403, `VAPID: ${error.message}`);
  });
  verified.set(name, payload);
  return payload;
}

/** RFC 8292. `subscribedWith`: the key that the page gave when it subscribed. */
export async function checkVapid(
  authorization: string | undefined,
  origin: string,
  subscribedWith: string,
): Promise<void> {
  if (authorization === undefined) throw new Refusal(401, 'no Authorization');
  const [, token, key] = /^vapid t=([\w-]+\.[\w-]+\.[\w-]+), ?k=([\w-]+)$/.exec(authorization) ?? [];
  if (token === undefined || key === undefined) throw new Refusal(401, `Authorization: ${authorization}`);
  if (key !== subscribedWith) throw new Refusal(403, 'k is not the key that the page subscribed with');
  const payload = await claimsOf(token, key, origin);
  const left = (payload.exp ?? 0) - Date.now() / 1000;
  if (!(left > 0 && left <= day)) throw new Refusal(403, `VAPID: exp in ${left} s`);
  if (typeof payload.aud !== 'string') throw new Refusal(403, 'VAPID: aud is one text');
  if (!/^(mailto:.+@.+|https:\/\/.+)$/.test(payload.sub ?? '')) throw new Refusal(403, `VAPID: sub ${payload.sub}`);
}
