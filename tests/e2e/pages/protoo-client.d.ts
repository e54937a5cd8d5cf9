// The part of npm's protoo-client that the tests use; the package has no types of its own.
declare module 'protoo-client' {
  export class WebSocketTransport {
    constructor(url: string);
  }
  export class Peer {
    constructor(transport: WebSocketTransport);
    on(event: 'open', listener: () => void): void;
    on(event: 'notification', listener: (notification: { method: string; data: any }) => void): void;
    on(
      event: 'request',
      listener: (
        request: { method: string; data: any },
        accept: (data?: unknown) => void,
        reject: (code: number, reason: string) => void,
      ) => void,
    ): void;
    request(method: string, data?: unknown): Promise<unknown>;
    close(): void;
  }
  const protoo: { Peer: typeof Peer; WebSocketTransport: typeof WebSocketTransport };
  export default protoo;
}
