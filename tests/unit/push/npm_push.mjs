// The other side of npm_push_test.cpp: reads what we encrypted with the npm package http_ece, and verifies what we signed
// with the npm package jose. `keys N` prints N devices; `check FILE` reads that file and prints what it found.
import { createECDH, createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import ece from 'http_ece';
import { importJWK, jwtVerify } from 'jose';

function keys(count) {
  const devices = Array.from({ length: count }, () => {
    const pair = createECDH('prime256v1');
    pair.generateKeys();
    return {
      privateKey: pair.getPrivateKey('base64url'),
      p256dh: pair.getPublicKey('base64url'),
      auth: randomBytes(16).toString('base64url'),
    };
  });
  return { devices };
}

/** Every byte of it depends on its number and its place. */
const expected = (number, size) =>
  Buffer.from(Array.from({ length: size }, (_, at) => (number * 31 + at * 7 + (at >> 8)) & 255));

/** Each a device's number, the size of the plaintext and of the body (three times 4 bytes), and the body. */
function decrypted(bytes, devices) {
  const pairs = devices.map(({ privateKey }) => {
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(privateKey, 'base64url');
    return pair;
  });
  let right = 0;
  let largest = 0;
  for (let at = 0, number = 0; at < bytes.length; number++) {
    const [device, size, length] = [0, 4, 8].map((offset) => bytes.readUInt32LE(at + offset));
    const body = bytes.subarray(at + 12, at + 12 + length);
    const parameters = { version: 'aes128gcm', privateKey: pairs[device], authSecret: devices[device].auth };
    if (ece.decrypt(body, parameters).equals(expected(number, size))) right += 1;
    largest = Math.max(largest, length);
    at += 12 + length;
  }
  return { right, largest };
}

async function vapid({ header, origin, now }) {
  const [, token, key] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(header);
  const point = Buffer.from(key, 'base64url');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'));
  const publicKey = await importJWK({ kty: 'EC', crv: 'P-256', x, y }, 'ES256');
  const options = { algorithms: ['ES256'], audience: origin, currentDate: new Date(now * 1000) };
  return (await jwtVerify(token, publicKey, options)).payload;
}

async function assertion({ token, publicPem, audience, now }) {
  const options = { algorithms: ['RS256'], audience, currentDate: new Date(now * 1000) };
  return (await jwtVerify(token, createPublicKey(publicPem), options)).payload;
}

const [what, argument] = process.argv.slice(2);
if (what === 'keys') {
  console.log(JSON.stringify(keys(Number(argument))));
} else {
  const { messages, devices, ...signed } = JSON.parse(readFileSync(argument, 'utf8'));
  const found = decrypted(readFileSync(messages), devices);
  console.log(
    JSON.stringify({ ...found, vapid: await vapid(signed.vapid), assertion: await assertion(signed.assertion) }),
  );
}
