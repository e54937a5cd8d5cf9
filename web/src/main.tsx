// Starts the app: joins the store, the session, the sounds and the page, once.
import { computed, effect } from '@preact/signals';
import { Carillon } from 'carillon-sdk';
import { render } from 'preact';
import { soundChange, type Heard } from './sound/bells';
import { Ringer } from './sound/ringer';
import { isConnected, soundingOf } from './state/model';
import { Session } from './state/session';
import { createStore } from './state/store';
import { App } from './views/app';
import './styles/base.css';
import './styles/home.css';
import './styles/call.css';

const store = createStore(Date.now());
const session = new Session(store, {
  createClient: (token) => new Carillon({ url: '/ws', token, device: deviceOf(navigator.userAgent) }),
  fetch: (input, init) => fetch(input, init),
  storage: localStorage,
  now: () => Date.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  opensCall: location.hash.startsWith('#/carillon/call/'),
  // Only Apple's phones and tablets know the word; false means that the page is in a tab.
  needsInstall: (navigator as { standalone?: boolean }).standalone === false,
});

/** The name of the browser, as others see it. A guess is enough: nothing depends on it. */
function deviceOf(agent: string): { flag: string; name: string } {
  if (/firefox\//iu.test(agent)) return { flag: 'firefox', name: 'Firefox' };
  if (/edg\//iu.test(agent)) return { flag: 'edge', name: 'Edge' };
  if (/chrome\//iu.test(agent)) return { flag: 'chrome', name: 'Chrome' };
  if (/safari\//iu.test(agent)) return { flag: 'safari', name: 'Safari' };
  return { flag: 'unknown', name: 'Browser' };
}

// The clock moves fast only while something on the page counts: a ring, or the timer of a call.
effect(() => {
  const counting = store.incoming.value.length > 0 || store.call.value !== null;
  store.now.value = session.now();
  const timer = setInterval(
    () => {
      store.now.value = session.now();
    },
    counting ? 250 : 30_000,
  );
  return () => clearInterval(timer);
});

/** Whoever has just pressed "Answer" on a notification needs no bell for it. */
const sounding = computed(() => (store.opensCall.value ? null : soundingOf(store.incoming.value, store.call.value)));

const ringer = new Ringer();
let heard: Heard = { sounding: null, connected: false };
effect(() => {
  const call = store.call.value;
  const now: Heard = {
    sounding: sounding.value,
    connected: call !== null && isConnected(call),
  };
  const change = soundChange(heard, now);
  heard = now;
  if (change === 'stop') ringer.stop();
  else if (change) ringer.play(change);
});
effect(() => {
  store.soundBlocked.value = ringer.blocked.value;
});
// The number on the icon of the installed app; not every system has one.
effect(() => {
  const unread = store.unread.value;
  const done = unread > 0 ? navigator.setAppBadge?.(unread) : navigator.clearAppBadge?.();
  done?.catch(() => undefined);
});
// Phones on silent still tell by hand.
effect(() => {
  if (sounding.value !== 'ringtone' || !('vibrate' in navigator)) return;
  const buzz = (): void => void navigator.vibrate([300, 200, 300]);
  buzz();
  const timer = setInterval(buzz, 3_200);
  return () => {
    clearInterval(timer);
    navigator.vibrate(0);
  };
});

const root = document.getElementById('app');
if (!root) throw new Error('index.html has no #app');
render(<App store={store} actions={session} />, root);
session.restore();
