// Everybody loses the server at once and comes back (trial 64): spread out by the SDK's jitter, all of them within half a
// minute of its return. CARILLON_CLIENTS=3000 is the long form.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { pause, percentile, watchCpu } from '../support/process.ts';
import { Server } from '../support/server.ts';

const clients = Number(process.env.CARILLON_CLIENTS ?? 1000);
const outageMs = 3000;
const secret = 'a secret of an app that is long enough, for tests';

async function freePort(): Promise<number> {
  const listener = net.createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as net.AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  return port;
}

test(`${clients} clients, and the server is killed and started`, { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(`${tmpdir()}/carillon-storm-`);
  const args = ['--http-listen', `127.0.0.1:${await freePort()}`, '--data-dir', folder];
  const start = () => Server.start(args, { dev: false, env: { CARILLON_AUTH_SECRET: secret } });
  let server = await start();
  const script = fileURLToPath(new URL('../support/storm.mjs', import.meta.url));
  const storm = spawn(process.execPath, [script, server.wsUrl, String(clients), secret], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: storm.stdout })[Symbol.asyncIterator]();
  try {
    expect((await lines.next()).value).toBe('up');
    await server.kill();
    await pause(outageMs); // long enough that everybody has tried in vain
    server = await start();
    const since = Date.now();
    const watch = watchCpu(server.pid);
    const { tries, backAt } = JSON.parse(String((await lines.next()).value)) as { tries: number; backAt: number[] };
    const cpu = watch.stop();
    const after = backAt.map((at) => Math.max(0, at - since));
    const [p50, p99, last] = [percentile(after, 0.5), percentile(after, 0.99), Math.max(...after)];
    console.log(
      `${clients} clients after an outage of ${outageMs} ms: back after ${p50} ms (p50), ${p99} ms (p99), ${last} ms (the last), ` +
        `${(tries / clients).toFixed(1)} tries each; the server took ${(cpu.mean * 100).toFixed(0)} % of a core, ` +
        `${(cpu.peak * 100).toFixed(0)} % in its busiest quarter of a second`,
    );
    expect(last).toBeLessThan(30_000);
    expect(cpu.mean).toBeLessThan(0.8);
    // Not one moment for all: in none of the quarters of a second came more than a third of them.
    const quarters = new Map<number, number>();
    for (const at of after) quarters.set(Math.floor(at / 250), (quarters.get(Math.floor(at / 250)) ?? 0) + 1);
    expect(Math.max(...quarters.values())).toBeLessThan(clients / 3);
  } finally {
    storm.stdin.end();
  }
  expect(await server.stop()).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});
