// The other side of npm_jose_test.cpp: verifies our tokens with the npm package jose, and signs its own for us.
// Reads one JSON object from standard input and writes one to standard output.
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { UnsecuredJWT, SignJWT, exportJWK, exportSPKI, generateKeyPair, jwtVerify } from 'jose';

const { secret, privatePems, publicPems, tokens, now } = JSON.parse(readFileSync(0, 'utf8'));
const secretKey = new TextEncoder().encode(secret);
const verified = {};
for (const [alg, token] of Object.entries(tokens)) {
  const key = alg === 'HS256' ? secretKey : createPublicKey(publicPems[alg]);
  const { payload, protectedHeader } = await jwtVerify(token, key, {
    algorithms: [alg],
    currentDate: new Date(now * 1000),
  });
  verified[alg] = { payload, header: protectedHeader };
}

const claims = { sub: 'bob', name: 'Bob \u00e4\u{1f514}', device: 'tablet', calls: { moderate: true } };
const sign = (key, alg, header = {}, times = {}) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg, ...header })
    .setIssuedAt(times.iat ?? now)
    .setExpirationTime(times.exp ?? now + 600)
    .sign(key);

const signed = { HS256: await sign(secretKey, 'HS256') };
for (const [alg, pem] of Object.entries(privatePems)) signed[alg] = await sign(createPrivateKey(pem), alg);

// Keys of its own, in both forms in which we take them.
const keys = [];
const byJwks = {};
const byPem = {};
for (const alg of ['RS256', 'ES256']) {
  const pair = await generateKeyPair(alg, { extractable: true });
  keys.push({ ...(await exportJWK(pair.publicKey)), kid: `key-${alg}`, alg, use: 'sig' });
  byJwks[alg] = await sign(pair.privateKey, alg, { kid: `key-${alg}` });
  byPem[alg] = { pem: await exportSPKI(pair.publicKey), token: await sign(pair.privateKey, alg) };
}

const hs384 = await new SignJWT(claims)
  .setProtectedHeader({ alg: 'HS384' })
  .setExpirationTime(now + 600)
  .sign(new Uint8Array(48).fill(1));
const refused = {
  expired: await sign(secretKey, 'HS256', {}, { iat: now - 1000, exp: now - 61 }),
  early: await sign(secretKey, 'HS256', {}, { iat: now + 120 }),
  otherSecret: await sign(new Uint8Array(32).fill(7), 'HS256'),
  otherKid: await sign(secretKey, 'HS256', { kid: 'key-RS256' }),
  hs384,
  unsigned: new UnsecuredJWT(claims).setExpirationTime(now + 600).encode(),
};
console.log(JSON.stringify({ verified, signed, jwks: { keys }, byJwks, byPem, refused }));
