// Both ends of a WebSocket in one process. Each frame arrives in a task of its own, as in a browser.

import type { Frame } from '../protocol.js';
import type { WebSocketLike } from '../types.js';

/** What the server's side does with a socket. */
export interface SocketListener {
  onFrame(frame: Frame): void;
  onClose(code: number): void;
}

export class FakeSocket implements WebSocketLike {
  readyState = 0;
  onopen: ((event: unknown) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  listener: SocketListener | null = null;
  /** A path that loses everything and tells nobody. */
  dead = false;

  constructor(
    readonly url: URL,
    readonly protocols: string[],
  ) {}

  send(data: string): void {
    if (this.readyState !== 1) throw new Error('the socket is not open');
    setTimeout(() => {
      if (!this.dead) this.listener?.onFrame(JSON.parse(data) as Frame);
    }, 0);
  }

  /** By the client. */
  close(code = 1005): void {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    setTimeout(() => {
      this.readyState = 3;
      if (!this.dead) this.listener?.onClose(code);
      this.onclose?.({ code, reason: '' });
    }, 0);
  }

  // The server's end.

  serverOpen(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.({});
  }

  serverSend(frame: Frame | string): void {
    const data = typeof frame === 'string' ? frame : JSON.stringify(frame);
    setTimeout(() => {
      if (!this.dead && this.readyState <= 1) this.onmessage?.({ data });
    }, 0);
  }

  /** 1006: the connection broke. */
  serverClose(code: number, reason = ''): void {
    setTimeout(() => {
      if (this.readyState === 3) return;
      this.readyState = 3;
      this.onclose?.({ code, reason });
    }, 0);
  }
}
