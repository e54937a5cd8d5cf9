// What http_bench.cpp compares with: the usual Node server, an echo on the npm package ws without compression.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }, () =>
  console.log(server.address().port),
);
server.on('connection', (socket) => socket.on('message', (data) => socket.send(data.toString())));
