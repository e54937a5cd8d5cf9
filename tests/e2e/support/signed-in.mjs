// A connection that signs in as somebody of the app whose secret is known: for processes that are many clients at once.
import { SignJWT } from 'jose';
import WebSocket from 'ws';

/** Makes access tokens with this secret, each for its user's phone. */
export function signer(secret) {
  const key = new TextEncoder().encode(secret);
  return (user) =>
    new SignJWT({ device: 'phone' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user)
      .setExpirationTime('2h')
      .sign(key);
}

/** `welcome` is called with what the server says when it lets us in; what it says after that is not looked at. */
export function connect(url, token, welcome, options) {
  const socket = new WebSocket(url, ['protoo', `token.${token}`], options);
  const look = (text) => {
    const { method, data } = JSON.parse(text.toString());
    if (method !== 'welcome') return;
    socket.off('message', look);
    welcome(data);
  };
  socket.on('message', look);
  return socket;
}
