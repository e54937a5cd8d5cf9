// The way from the media of a call to the rest of the client: the server, the engine, and what was chosen once for all.

import type { RequestOptions } from './connection.js';
import type { MediaEngine } from './engine.js';
import type { ClientMethod, ClientRequests, WireDevice, WireIceServer } from './protocol.js';
import type { VideoSettings } from './types.js';

/** What a request says beside the call that it is about. */
export type MediaRequest<M extends ClientMethod> = Omit<ClientRequests[M]['data'], 'callId'>;

export interface MediaLink {
  /** Asks the server about the media of this call. */
  request<M extends ClientMethod>(
    method: M,
    data: MediaRequest<M>,
    options?: RequestOptions,
  ): Promise<ClientRequests[M]['response']>;
  /** Loads the engine with the router's capabilities; at once if that was done before. */
  loadEngine(): Promise<void>;
  /** Media has gone where there was some: find out whether the signalling has, too. */
  doubtNetwork(): unknown;
  readonly engine: MediaEngine;
  readonly iceServers: WireIceServer[];
  readonly device: WireDevice | undefined;
  readonly video: VideoSettings;
}
