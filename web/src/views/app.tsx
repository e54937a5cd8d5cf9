// Which page is on, and what lies above every page: banner, notices, dialogs, and the words for screen readers.
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { clockWords } from '../lib/call-list';
import { titleOf } from '../state/model';
import type { Actions, Store } from '../state/store';
import { AppContext, useApp } from '../ui/context';
import { CloseIcon, InfoIcon, WarningIcon } from '../ui/icons';
import { InCall } from './call';
import { Ended } from './ended';
import { Home } from './home';
import { Incoming, Waiting } from './incoming';
import { Outgoing } from './outgoing';
import { SignedOut, SignIn } from './sign-in';

export function App({ store, actions }: { readonly store: Store; readonly actions: Actions }): JSX.Element {
  return (
    <AppContext.Provider value={{ store, actions }}>
      <Title />
      <Banner />
      <Page />
      <Notices />
      <Dialogs />
      <Announcer />
    </AppContext.Provider>
  );
}

/** Fetched when the first one opens: no call waits for them. */
function Dialogs(): JSX.Element {
  const { store, actions } = useApp();
  const [all, setAll] = useState<{ readonly View: () => JSX.Element } | null>(null);
  const wanted = store.dialog.value !== null;
  useEffect(() => {
    if (!wanted || all) return;
    import('./dialogs').then(
      ({ Dialogs: View }) => setAll({ View }),
      () => actions.openDialog(null), // Without a network; the next press tries again.
    );
  }, [wanted, all]);
  return all ? <all.View /> : <></>;
}

function Page(): JSX.Element {
  const { store } = useApp();
  const call = store.call.value;
  const ended = store.ended.value;
  switch (store.screen.value) {
    case 'sign-in':
      return <SignIn />;
    case 'signed-out':
      return <SignedOut />;
    case 'home':
      return <Home />;
    case 'incoming':
      return <Incoming />;
    case 'outgoing':
      return call ? (
        <>
          <Outgoing call={call} />
          {store.incoming.value.length > 0 && <Waiting />}
        </>
      ) : (
        <></>
      );
    case 'call':
      return call ? <InCall call={call} /> : <></>;
    case 'ended':
      return ended ? <Ended ended={ended} /> : <></>;
  }
}

function Title(): JSX.Element {
  const { store } = useApp();
  const { screen, incoming, call, unread } = store;
  const title = titleOf(screen.value, incoming.value[0] ?? null, call.value, unread.value);
  useEffect(() => {
    document.title = title;
  }, [title]);
  return <></>;
}

/** The connection to the server, when it is not as it should be. In a call the call says it itself. */
function Banner(): JSX.Element {
  const { store } = useApp();
  const screen = store.screen.value;
  if (screen === 'sign-in' || screen === 'signed-out' || screen === 'call') return <></>;
  const connection = store.connection.value;
  const { drainingUntil } = store;
  if (connection === 'online' && drainingUntil.value !== null) {
    return (
      <div class="banner banner-draining" role="status" data-testid="draining">
        {`The server stops at ${clockWords(drainingUntil.value)}. New calls have to wait until it is back.`}
      </div>
    );
  }
  if (connection === 'online' || connection === 'closed') return <></>;
  const words = {
    connecting: store.opensCall.value ? 'Opening the call…' : 'Connecting…',
    unreachable: 'The server cannot be reached. Trying again…',
    reconnecting: 'The connection was lost. Reconnecting…',
  }[connection];
  return (
    <div class={`banner banner-${connection}`} role="status" data-testid="banner" data-connection={connection}>
      <span class="spinner" />
      {words}
    </div>
  );
}

function Notices(): JSX.Element {
  const { store, actions } = useApp();
  return (
    <section class="notices" aria-label="Notices">
      {store.notices.value.map((notice) => (
        <div key={notice.id} class={`notice notice-${notice.tone}`} data-testid="notice">
          {notice.tone === 'warning' ? <WarningIcon size={20} /> : <InfoIcon size={20} />}
          <p dir="auto" data-testid={notice.end ? 'end-reason' : undefined}>
            {notice.text}
          </p>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => actions.dismiss(notice.id)}>
            <CloseIcon size={18} />
          </button>
        </div>
      ))}
    </section>
  );
}

/** Two live regions that are always on the page: screen readers only speak of changes in regions they know already. */
function Announcer(): JSX.Element {
  const { store } = useApp();
  const { text, urgent } = store.announcement.value;
  return (
    <div class="visually-hidden">
      <div aria-live="assertive" data-testid="announce-urgent">
        {urgent ? text : ''}
      </div>
      <div aria-live="polite" data-testid="announce">
        {urgent ? '' : text}
      </div>
    </div>
  );
}
