// States of the pages around calls: signing in, people, the list of calls, push, blocks.
import { pushProblem } from '../lib/push-words';
import { ben, frozen_now, long, mara, me, noor, yusuf } from './cast';
import { calls, history, home, type States } from './signed-in';

export const home_states: States = {
  'sign-in': () => undefined,
  'sign-in-error': (s) => {
    s.signIn.value = { busy: false, error: 'The server cannot be reached. Check your connection and try again.' };
  },
  home,
  'home-selected': (s) => {
    home(s);
    s.selected.value = new Set(['ben-okafor', 'mara-lindqvist', 'noor']);
  },
  'home-one': (s) => {
    home(s);
    s.selected.value = new Set(['ben-okafor']);
  },
  'home-empty': (s) => {
    home(s);
    s.people.value = [];
    s.push.value = { ...s.push.value, state: 'off' };
    history(s, []);
  },
  'home-unreachable': (s) => {
    home(s);
    s.connection.value = 'unreachable';
    s.people.value = [];
  },
  'home-opening': (s) => {
    home(s);
    s.connection.value = 'connecting';
    s.opensCall.value = true;
    s.people.value = [];
    history(s, [], { state: 'loading' });
  },
  'home-reconnecting': (s) => {
    home(s);
    s.connection.value = 'reconnecting';
  },
  'calls-unread': (s) => {
    home(s);
    s.tab.value = 'calls';
    s.unread.value = 2;
    s.push.value = { ...s.push.value, state: 'off' };
    history(s, calls, { fresh: new Set(['h1', 'h2']), older: 'loading' });
  },
  'calls-missed': (s) => {
    home(s);
    s.tab.value = 'calls';
    const missed = calls.filter((call) => call.missed);
    history(s, missed, { filter: 'missed', older: 'failed' });
  },
  'calls-none-missed': (s) => {
    home(s);
    s.tab.value = 'calls';
    history(s, [], { filter: 'missed' });
  },
  'calls-loading': (s) => {
    home(s);
    s.tab.value = 'calls';
    history(s, [], { state: 'loading' });
  },
  'calls-failed': (s) => {
    home(s);
    s.tab.value = 'calls';
    history(s, [], { state: 'failed' });
  },
  'push-off': (s) => {
    home(s);
    s.unread.value = 120;
    s.push.value = { ...s.push.value, state: 'off' };
  },
  'push-busy': (s) => {
    home_states['push-off']!(s);
    s.tab.value = 'calls';
    s.push.value = { ...s.push.value, busy: true };
  },
  'push-denied': (s) => {
    home_states['push-off']!(s);
    s.tab.value = 'calls';
    s.push.value = { ...s.push.value, state: 'denied' };
  },
  'push-failed': (s) => {
    home_states['push-off']!(s);
    s.tab.value = 'calls';
    s.push.value = { ...s.push.value, problem: pushProblem('push-failed', 'off') };
  },
  'push-unsupported': (s) => {
    home_states['push-off']!(s);
    s.tab.value = 'calls';
    s.push.value = { ...s.push.value, state: 'unsupported' };
  },
  'push-install': (s) => {
    home_states['push-off']!(s);
    s.tab.value = 'calls';
    s.push.value = { ...s.push.value, state: 'unsupported', needsInstall: true };
  },
  'signed-out': (s) => {
    s.me.value = me;
    s.connection.value = 'closed';
  },
  'home-quiet': (s) => {
    home(s);
    s.quiet.value = { on: true, busy: false };
    s.blocked.value = new Set([yusuf.userId, long.userId]);
  },
  'home-draining': (s) => {
    home(s);
    s.drainingUntil.value = frozen_now + 11 * 60_000;
  },
  'calls-blocked': (s) => {
    home_states['calls-unread']!(s);
    s.blocked.value = new Set([ben.userId, long.userId]);
  },
  'dialog-block': (s) => {
    home(s);
    s.dialog.value = mara;
  },
  'dialog-unblock': (s) => {
    home(s);
    s.blocked.value = new Set([long.userId]);
    s.dialog.value = long;
  },
  'dialog-blocked': (s) => {
    home_states['home-quiet']!(s);
    s.blocked.value = new Set([yusuf.userId, long.userId, noor.userId]);
    s.dialog.value = 'blocked';
  },
  'dialog-blocked-none': (s) => {
    home(s);
    s.dialog.value = 'blocked';
  },
};
