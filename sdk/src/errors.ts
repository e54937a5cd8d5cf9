// The one error type of the SDK. `code` is a closed list to branch on, `reason` a sentence for a log.

/** Codes that come from the server: its `Errc` names, as they are on the wire. */
export type ServerErrorCode =
  | 'bad-request'
  | 'unauthorized'
  | 'token-expired'
  | 'token-not-yet-valid'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'busy'
  | 'too-large'
  | 'unsupported'
  | 'rate-limited'
  | 'timeout'
  | 'worker-died'
  | 'unavailable'
  | 'internal';

/** Codes that arise in the browser. */
export type LocalErrorCode =
  // `timeout` (above) also means that the server did not answer us in time.
  /** The connection was lost before the answer came. Repeating is safe for calls (`requestId`). */
  | 'disconnected'
  /** `disconnect()` was called, or the server closed with 4000: this client will not reconnect. */
  | 'closed'
  /** The token function threw, or gave nothing. */
  | 'token-failed'
  /** The call is over. */
  | 'call-ended'
  /** Not possible in this state, for example `accept()` on a call that ended. */
  | 'invalid-state'
  | 'invalid-argument'
  /** The person, the browser or the page's policy said no to camera, microphone, screen or notifications. */
  | 'permission-denied'
  /** No such camera or microphone. */
  | 'device-not-found'
  /** The camera or microphone is held by another program, or failed to start. */
  | 'device-busy'
  /** The camera or microphone was unplugged or stopped by the system. */
  | 'device-lost'
  /** This browser cannot do it (no WebRTC, no screen share, no common codec). */
  | 'media-unsupported'
  /** Media could not be set up, or broke and could not be mended. */
  | 'media-failed'
  /** This browser has no push, or not on this page. */
  | 'push-unsupported'
  /** The browser or its push service made no subscription. */
  | 'push-failed';

export type CarillonErrorCode = ServerErrorCode | LocalErrorCode;

export class CarillonError extends Error {
  override readonly name = 'CarillonError';

  constructor(
    /** What went wrong, to branch on. */
    readonly code: CarillonErrorCode,
    /** A sentence for a log or a developer; not for the person at the screen. */
    readonly reason: string,
    /** HTTP-like number, when the server sent one. */
    readonly status?: number,
    cause?: unknown,
    /** With `rate-limited` and `unavailable`: when it is worth trying again, if the server said so. */
    readonly retryAfterMs?: number,
  ) {
    super(`${code}: ${reason}`, cause === undefined ? undefined : { cause });
  }
}
