// Sends COUNT datagrams of random bytes and sizes to PORT of this machine, some BATCH in ten milliseconds. A process of
// its own, so that whoever measures meanwhile is not held up. Usage: node noise.mjs PORT COUNT BATCH
import { randomBytes, randomInt } from 'node:crypto';
import dgram from 'node:dgram';

const [port, count, batch] = process.argv.slice(2).map(Number);
const socket = dgram.createSocket('udp4');
const pool = randomBytes(1 << 20);

for (let sent = 0; sent < count;) {
  const next = Date.now() + 10;
  const now = Math.min(batch, count - sent);
  await new Promise((resolve) => {
    let left = now;
    for (let i = 0; i < now; ++i) {
      const at = randomInt(pool.length - 1300);
      socket.send(pool.subarray(at, at + randomInt(1300)), port, '127.0.0.1', () => --left || resolve());
    }
  });
  sent += now;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
}
socket.close();
