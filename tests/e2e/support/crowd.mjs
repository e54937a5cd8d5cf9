// Many clients that connect and then do nothing, as a process of its own: crowd.ts starts it and says what it is to do.
import { connect, signer } from './signed-in.mjs';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let url;
let options;
let tokenOf;
let name;
let users = 0;
let tokens = [];
const sockets = new Set();
/** By close code: connections that ended without our doing. */
const lost = {};
let leaving = false;

function prepare({ url: theUrl, ca, secret, name: theName }) {
  url = theUrl;
  options = { ca, perMessageDeflate: false, handshakeTimeout: 30_000 };
  tokenOf = signer(secret);
  name = theName;
}

/** Access tokens of those who come next: before anything is measured. */
async function sign({ count }) {
  tokens = await Promise.all(Array.from({ length: count }, () => tokenOf(`${name}-${users++}`)));
}

/** Undefined once it is welcome, else why it is not. */
function enter(token) {
  return new Promise((resolve) => {
    let isWelcome = false;
    const welcome = () => {
      isWelcome = true;
      resolve(undefined);
    };
    const socket = connect(url, token, welcome, options);
    sockets.add(socket);
    socket.on('unexpected-response', (request, response) => {
      response.resume();
      resolve({ status: response.statusCode, retryAfter: response.headers['retry-after'] });
      request.destroy();
      sockets.delete(socket);
    });
    socket.on('error', (error) => resolve({ error: error.code ?? error.message }));
    socket.on('close', (code) => {
      sockets.delete(socket);
      if (isWelcome && !leaving) lost[code] = (lost[code] ?? 0) + 1;
      resolve({ error: `closed with ${code}` });
    });
  });
}

/** `seconds`: over which they come, evenly, whether the ones before are in or not; each one's time is from when it was due. */
async function open({ count, seconds }) {
  const times = [];
  const refused = [];
  const began = performance.now();
  const due = (n) => began + (n * seconds * 1000) / count;
  const one = async (token, n) => {
    const refusal = await enter(token);
    if (refusal) refused.push(refusal);
    else times.push(performance.now() - due(n));
  };
  const all = [];
  for (let n = 0; n < count;) {
    while (n < count && due(n) <= performance.now()) all.push(one(tokens[n], n++));
    await pause(2);
  }
  await Promise.all(all);
  return { times, refused };
}

async function close() {
  leaving = true;
  for (const socket of sockets) socket.close(1000);
  while (sockets.size > 0) await pause(10);
}

const doing = { prepare, sign, open, close, lost: () => lost };
process.on('message', async ({ what, given }) => process.send((await doing[what](given)) ?? {}));
process.on('disconnect', () => process.exit(0));
