// Somebody who does far too much of one thing, as a process of its own, so that whoever measures meanwhile is not held up
// by him. Sends RATE requests a second for SECONDS, comes back when he is thrown out, and prints what he was answered.
// Usage: node flood.mjs URL SECONDS RATE TOKEN METHOD DATA
// In DATA, <n> is the number of the request.
import WebSocket from 'ws';

const [url, seconds, rate, token, method, data] = process.argv.slice(2);
const heard = { sent: 0, answered: 0, refused: 0, closed: {}, connects: 0, turnedAway: 0 };
const end = performance.now() + Number(seconds) * 1000;
let socket;
let id = 0;

function open() {
  if (performance.now() > end) return;
  ++heard.connects;
  socket = new WebSocket(url, ['protoo', `token.${token}`]);
  socket.on('message', (text) => {
    const frame = JSON.parse(text.toString());
    if (!frame.response) return;
    if (frame.ok) ++heard.answered;
    else if (frame.errorCode === 429) ++heard.refused;
    else heard[frame.errorCode] = (heard[frame.errorCode] ?? 0) + 1;
  });
  socket.on('error', () => ++heard.turnedAway);
  socket.on('close', (code) => {
    heard.closed[code] = (heard.closed[code] ?? 0) + 1;
    setTimeout(open, 20);
  });
}
open();

const began = performance.now();
while (performance.now() < end) {
  const due = ((performance.now() - began) / 1000) * Number(rate);
  for (; id < due; ++id) {
    if (socket.readyState !== WebSocket.OPEN) continue;
    const text = `{"request":true,"id":${id},"method":"${method}","data":${data.replaceAll('<n>', String(id))}}`;
    socket.send(text);
    ++heard.sent;
  }
  await new Promise((resolve) => setTimeout(resolve, 10));
}
await new Promise((resolve) => setTimeout(resolve, 500)); // for the last answers
console.log(JSON.stringify(heard));
process.exit(0);
