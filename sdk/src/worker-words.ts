// What the service worker and the pages of the app say to each other, and what a click writes into an address. Both sides
// may be of different versions for a while: unknown words are ignored. Pure, and shared with service-worker/.

/** From the worker to a page. */
export type WorkerWord =
  /** The person pressed "Accept" on the notification, or the notification itself. */
  | { type: 'carillon-accept'; callId: string }
  | { type: 'carillon-open'; callId: string }
  /** A missed call was pressed: show the list of calls. */
  | { type: 'carillon-history' }
  /** Does this call ring in this page? The answer is a `RingAnswer`. The page looks for it if it does not know it. */
  | { type: 'carillon-ring'; callId: string }
  /** The browser has another subscription now: register it. */
  | { type: 'carillon-subscription' };

export interface RingAnswer {
  rings: boolean;
}

export function isWorkerWord(value: unknown): value is WorkerWord {
  if (typeof value !== 'object' || value === null) return false;
  const { type, callId } = value as { type?: unknown; callId?: unknown };
  switch (type) {
    case 'carillon-accept':
    case 'carillon-open':
    case 'carillon-ring':
      return typeof callId === 'string' && callId !== '';
    case 'carillon-history':
    case 'carillon-subscription':
      return true;
    default:
      return false;
  }
}

/** The fragment that opens the app at a call or at the list of calls. Its first part keeps out of an app's own routes. */
export function fragmentOf(word: WorkerWord): string {
  switch (word.type) {
    case 'carillon-accept':
      return `#/carillon/call/${encodeURIComponent(word.callId)}?accept=1`;
    case 'carillon-open':
    case 'carillon-ring':
      return `#/carillon/call/${encodeURIComponent(word.callId)}`;
    case 'carillon-history':
      return '#/carillon/calls';
    case 'carillon-subscription':
      return '';
  }
}

/** The way back; null if the fragment is none of ours. */
export function wordOf(fragment: string): WorkerWord | null {
  if (fragment === '#/carillon/calls') return { type: 'carillon-history' };
  const [, id = '', accept] = /^#\/carillon\/call\/([^/?]+)(\?accept=1)?$/.exec(fragment) ?? [];
  try {
    const callId = decodeURIComponent(id);
    if (callId === '') return null;
    return { type: accept ? 'carillon-accept' : 'carillon-open', callId };
  } catch {
    return null; // Not written by us.
  }
}
