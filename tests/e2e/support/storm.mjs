// Many clients that lose their server and come back as the SDK does (sdk/src/connection.ts: half of the wait fixed, half at
// random, twice as long after each try up to 8 s), as a process of its own. Prints "up" when all are connected; then, once
// all have lost it and are back, when each of them was: milliseconds since the epoch.
// Usage: node storm.mjs URL COUNT SECRET
import { connect, signer } from './signed-in.mjs';

const [url, countText, secret] = process.argv.slice(2);
const count = Number(countText);
const tokenOf = signer(secret);
const backAt = [];
const heard = { tries: 0, resumed: 0 };
let connected = 0;
let connecting = 0;
const waiting = [];

/** So many handshakes at once while all connect for the first time. */
async function slot() {
  if (connecting >= 100) await new Promise((resolve) => waiting.push(resolve));
  ++connecting;
}
function free() {
  --connecting;
  waiting.shift()?.();
}

const backOffMs = (attempt) => {
  const ceiling = Math.min(8_000, 500 * 2 ** Math.min(attempt, 20));
  return ceiling / 2 + (Math.random() * ceiling) / 2;
};

async function client(n) {
  const token = await tokenOf(`user${n}`);
  let resume = '';
  let attempt = 0;
  let lost = false;
  const open = () => {
    if (lost) ++heard.tries;
    let welcomed = false;
    const welcome = ({ resumeToken }) => {
      welcomed = true;
      attempt = 0;
      resume = resumeToken;
      if (lost) {
        backAt.push(Date.now());
        if (backAt.length === count) console.log(JSON.stringify({ ...heard, backAt }));
      } else {
        free();
        if (++connected === count) console.log('up');
      }
    };
    const socket = connect(resume ? `${url}?resume=${resume}` : url, token, welcome);
    socket.on('error', () => {});
    socket.on('close', () => {
      if (welcomed || lost) {
        lost = true;
        setTimeout(open, backOffMs(attempt++));
      } else {
        setTimeout(open, 100); // the first time it must just get in
      }
    });
  };
  await slot();
  open();
}

process.stdin.on('end', () => process.exit(0)).resume();
for (let n = 0; n < count; ++n) await client(n);
