// What an app gives to a client at its start.

import type { MediaEngine } from '../engine.js';
import type { PushPlatform } from '../push-platform.js';

/** A token, or a function that fetches one. The function is asked anew for each connection. */
export type TokenSource = string | (() => string | Promise<string>);

export interface CarillonOptions {
  /** `wss://host/ws`. A relative address such as `/ws`, and `http(s):`, are resolved against the page. */
  url: string;
  token: TokenSource;
  /** Give up a request after this long. Default 15,000 ms. */
  requestTimeoutMs?: number;
  /**
   * First and longest wait between attempts to reconnect; grows twofold, half of it at random, so that the clients of a
   * server that failed do not come back at one moment. Default 500 and 8,000 ms: the first attempt is made after 250 to
   * 500 ms, the next 0.5 to 1 s after that, and so on up to every 4 to 8 s. A server that says that it will be back at
   * once (close code 1012) is asked after 0 to 500 ms.
   */
  reconnect?: { firstMs?: number; maxMs?: number } | false;
  /** What the other side shows of this device, for example `{ flag: 'chrome', name: 'Chrome', version: '120' }`. */
  device?: { flag?: string; name?: string; version?: string };
  /** Defaults for the camera. */
  video?: VideoSettings;
  /** Replaces the browser's WebRTC; the tests do. */
  engine?: MediaEngine;
  /** Replaces the browser's push; the tests do. */
  push?: PushPlatform;
  /** Replaces the browser's WebSocket; the tests do. */
  createWebSocket?: WebSocketFactory;
}

/** The part of a browser WebSocket that the SDK uses. */
export interface WebSocketLike {
  readonly readyState: number;
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}
export type WebSocketFactory = (url: string, protocols: string[]) => WebSocketLike;

export interface VideoSettings {
  /** Default 1280 × 720 at 30. */
  width?: number;
  height?: number;
  frameRate?: number;
  /**
   * Once a call has more than two people: several layers at once, so that each receiver gets what it can carry. Between
   * two it would only delay the first picture. Default true.
   */
  simulcast?: boolean;
}
