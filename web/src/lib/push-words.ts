// What the page says of being rung while it is closed. Pure.
import type { CarillonErrorCode, PushState } from 'carillon-sdk';

/** One line below the switch. `needsInstall`: an iPhone or iPad, which can only from the home screen. */
export function pushLine(state: PushState, needsInstall: boolean): string {
  switch (state) {
    case 'on':
      return 'Calls ring on this device, even with this page closed.';
    case 'off':
      return 'Now calls ring only while this page is open.';
    case 'denied':
      return 'Notifications are blocked for this page. Allow them in the browser’s settings for this site.';
    case 'unsupported':
      return needsInstall
        ? 'Add Carillon to the home screen first, and open it from there.'
        : 'This browser can ring only while this page is open.';
    case 'unavailable':
      return 'This server rings open pages only.';
  }
}

/** Why it was not turned on. Null: the line of the state says it already. */
export function pushProblem(code: CarillonErrorCode, state: PushState): string | null {
  switch (code) {
    case 'permission-denied':
      return state === 'denied' ? null : 'It needs your permission to show notifications.';
    case 'push-unsupported':
    case 'unavailable':
      return null;
    case 'push-failed':
      return 'The browser could not reach its push service. Try again later.';
    default:
      return 'The server did not take it. Try again later.';
  }
}
