// From start-call to the first decoded frame on both sides after an instant accept: our server with our SDK, and beside
// it in the same run a plain flow of Node.js, protoo-server, mediasoup and mediasoup-client in mediasoup-demo's order, on
// the same worker binary. Calls of both take turns. Prints p50, p95, their parts, and the ratio.
//
//   node tests/bench/latency/run.mjs [--calls 20] [--only ours]
//
// Needs ./run --build-only; CARILLON_WORKER and CARILLON_BINARY name others. A second in which nothing happens
// would stand out as a call above 1,000 ms: they are counted.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { answerHelp } from '../../../scripts/usage.mjs';
import { startPlainServer } from './plain-server.mjs';

answerHelp(import.meta.url);
const { values } = parseArgs({ options: { calls: { type: 'string', default: '20' }, only: { type: 'string' } } });
const calls = Number(values.calls);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const browserFlags = [
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update',
  '--disable-sync --use-fake-device-for-media-stream --use-fake-ui-for-media-stream --allow-loopback-in-peer-connection',
  '--autoplay-policy=no-user-gesture-required --disable-features=WebRtcHideLocalIpsWithMdns',
].join(' ');

async function bundle(file) {
  const entry = fileURLToPath(new URL(file, import.meta.url));
  const alias = { 'carillon-sdk': `${root}sdk/src/index.ts` };
  const made = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    define: { global: 'window' },
    alias,
  });
  return made.outputFiles[0].text;
}

async function startOurs() {
  const binary = process.env.CARILLON_BINARY ?? `${root}build/release/app/carillon`;
  const flags = ['--http-listen', '127.0.0.1:0', '--media-port', '0', '--media-workers', '1', '--log-level', 'info'];
  const server = spawn(binary, ['serve', '--dev', ...flags], { stdio: ['ignore', 'ignore', 'pipe'] });
  const url = await new Promise((resolve, reject) => {
    let text = '';
    server.stderr.on('data', (chunk) => {
      text += chunk;
      const found = /serving on (http:\S+)/.exec(text);
      if (found) resolve(found[1]);
    });
    server.on('exit', (code) => reject(new Error(`carillon ended with ${code}: ${text}`)));
  });
  const token = async (user) => {
    const answer = await fetch(`${url}/dev/token`, { method: 'POST', body: JSON.stringify({ user }) });
    return (await answer.json()).token;
  };
  const address = async (user) => ({
    page: `${url}/livez`,
    ws: `${url.replace('http', 'ws')}/ws`,
    token: await token(user),
  });
  return { address, stop: () => server.kill('SIGTERM') };
}

async function startSide(browser, name, server, script) {
  const pages = {};
  for (const user of ['alice', 'bob']) {
    const context = await browser.newContext({ permissions: ['camera', 'microphone'], bypassCSP: true });
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(name, user, error.message));
    const address = await server.address(user);
    await page.goto(address.page);
    await page.addScriptTag({ content: script });
    await page.evaluate((to) => window.connect(to), address);
    pages[user] = page;
  }
  return { name, pages, results: [] };
}

/** Both sides' marks, as ms since the caller pressed the button. */
async function oneCall(side) {
  const { alice, bob } = side.pages;
  const answering = bob.evaluate(() => window.answer());
  const calling = alice.evaluate(() => window.call('bob'));
  const [caller, callee] = await Promise.all([calling, answering]);
  const relative = (marks) => Object.fromEntries(Object.entries(marks).map(([mark, at]) => [mark, at - caller.start]));
  await alice.evaluate(() => window.end());
  await bob.evaluate(() => window.ended());
  return { caller: relative(caller), callee: relative(callee) };
}

const quantile = (numbers, q) => {
  const sorted = numbers.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];
};
const total = (result) => Math.max(result.caller.firstFrame, result.callee.firstFrame);

function table(side) {
  const parts = {
    accepted: 'accepted (signalling)',
    captured: 'camera and microphone are there',
    transports: 'both transports exist',
    ice: 'ICE is connected',
    dtls: 'DTLS is connected',
    firstFrame: 'the first key frame is decoded',
  };
  const row = (name, numbers) =>
    console.log(
      `  ${name.padEnd(40)} p50 ${quantile(numbers, 0.5)?.toFixed(0).padStart(5)}   p95 ${quantile(numbers, 0.95)?.toFixed(0).padStart(5)} ms`,
    );
  console.log(`${side.name}: ${side.results.length} calls`);
  row('both see the first frame', side.results.map(total));
  for (const [part, name] of Object.entries(parts))
    row(
      `  until ${name}`,
      side.results.map((r) => Math.max(r.caller[part], r.callee[part])),
    );
  console.log(`  ${'calls above 1,000 ms'.padEnd(40)} ${side.results.filter((r) => total(r) > 1000).length}`);
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  headless: true,
  args: browserFlags.split(' '),
});
const servers = [await startOurs()];
const sides = [await startSide(browser, 'ours', servers[0], await bundle('ours-page.ts'))];
if (values.only !== 'ours') {
  servers.push(await startPlainServer(process.env.CARILLON_WORKER));
  sides.push(await startSide(browser, 'plain Node + mediasoup', servers[1], await bundle('plain-page.ts')));
}
// The first call of a page loads code and opens devices: it is not counted.
for (const side of sides) await oneCall(side);
for (let i = 0; i < calls; ++i) {
  for (const side of sides) side.results.push(await oneCall(side));
}
for (const side of sides) table(side);
if (sides.length === 2) {
  for (const q of [0.5, 0.95]) {
    const [ours, plain] = sides.map((side) => quantile(side.results.map(total), q));
    console.log(`ours / plain at p${q * 100}: ${(ours / plain).toFixed(2)}`);
  }
}
await browser.close();
for (const server of servers) await server.stop();
process.exit();
