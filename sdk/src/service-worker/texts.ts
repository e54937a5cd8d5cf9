// The words of the notifications, in English; an app may give its own.

import type { EndReason, MediaChoice } from '../protocol.js';

export interface Words {
  title: string;
  body: string;
}

/** `caller` is a name; null where the push did not tell it. */
export interface CallTexts {
  incoming(caller: string, media: MediaChoice): Words;
  missed(caller: string | null): Words;
  /** Over for a reason that the person knows, or does not mind: shown for a moment, without a sound. */
  over(caller: string | null, reason: EndReason | undefined): Words;
  declineFailed(caller: string | null): Words;
  accept: string;
  decline: string;
}

export const ENGLISH: CallTexts = {
  incoming: (caller, media) => ({ title: caller, body: media === 'video' ? 'Incoming video call' : 'Incoming call' }),
  missed: (caller) => ({
    title: 'Missed call',
    body: caller === null ? 'Somebody called you.' : `${caller} called you.`,
  }),
  over: (caller, reason) => ({ title: caller ?? 'Call', body: overWords(reason) }),
  declineFailed: (caller) => ({
    title: 'The call could not be declined',
    body: `There is no connection, so it goes on ringing for ${caller ?? 'the caller'}.`,
  }),
  accept: 'Answer',
  decline: 'Decline',
};

function overWords(reason: EndReason | undefined): string {
  switch (reason) {
    case 'answered-elsewhere':
      return 'Answered on another device.';
    case 'declined':
    case 'declined-elsewhere':
    case 'busy':
      return 'Declined.';
    default:
      return 'The call is over.';
  }
}
