// The gallery: every state of the app, by `gallery.html?state=NAME`, without a server. Not part of the app's build.
import { render } from 'preact';
import { createStore, type Actions } from '../state/store';
import { App } from '../views/app';
import { frozen_now, nameOf } from './cast';
import { states } from './states';
import { toggled } from '../state/model';
import '../styles/base.css';
import '../styles/home.css';
import '../styles/call.css';

const store = createStore(frozen_now);
const nothing = (): Promise<void> => Promise.resolve();
const actions: Actions = {
  signIn: nothing,
  signOut: () => undefined,
  toggleSelected: (userId) => {
    store.selected.value = toggled(store.selected.value, userId);
  },
  clearSelected: () => {
    store.selected.value = new Set();
  },
  startCall: nothing,
  accept: nothing,
  decline: nothing,
  hangUp: nothing,
  toggleMicrophone: nothing,
  toggleCamera: nothing,
  toggleScreen: nothing,
  invite: nothing,
  closeEnded: () => undefined,
  callAgain: nothing,
  openDialog: (dialog) => {
    store.dialog.value = dialog;
  },
  selectDevice: nothing,
  dismiss: () => undefined,
  showTab: (tab) => {
    store.tab.value = tab;
  },
  filterHistory: () => undefined,
  moreHistory: () => undefined,
  historySeen: () => undefined,
  historyLeft: () => undefined,
  turnPush: nothing,
  turnQuiet: nothing,
  block: nothing,
  declineAndBlock: nothing,
  nameOf,
};

const root = document.getElementById('app')!;
const name = new URLSearchParams(location.search).get('state');
const set = name === null ? undefined : states[name];
if (set) {
  set(store);
  render(<App store={store} actions={actions} />, root);
} else {
  render(
    <main class="page-center">
      <ul data-testid="states">
        {Object.keys(states).map((one) => (
          <li key={one}>
            <a href={`?state=${one}`}>{one}</a>
          </li>
        ))}
      </ul>
    </main>,
    root,
  );
}
