// Who is there, whom to call, and the calls of before.
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { displayName, listNames, userIdFromName } from '../lib/names';
import { filterPeople, presenceLine, type HomeTab, type Person } from '../state/model';
import { useApp } from '../ui/context';
import { CheckIcon, CloseIcon, DevicesIcon, Mark, PhoneIcon, SearchIcon, SignOutIcon, VideoIcon } from '../ui/icons';
import { Avatar, Button, Name } from '../ui/parts';
import { Calls, Unread } from './calls';
import { PushSwitch, QuietSwitch } from './push-switch';

export function Home(): JSX.Element {
  const { store, actions } = useApp();
  const me = store.me.value;
  if (!me) return <></>;
  return (
    <div class="page home">
      <header class="top">
        <div class="top-brand">
          <Mark size={34} />
          <h1>Carillon</h1>
        </div>
        <div class="top-me">
          <Avatar userId={me.userId} name={me.name} size="small" />
          <span class="top-name" data-testid="me">
            <span class="visually-hidden">Signed in as </span>
            <Name>{me.name}</Name>
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label="Camera, microphone and speaker"
            title="Camera, microphone and speaker"
            onClick={() => actions.openDialog('devices')}
            data-testid="open-devices"
          >
            <DevicesIcon size={22} />
          </button>
          <button
            type="button"
            class="icon-button"
            aria-label="Sign out"
            title="Sign out"
            onClick={() => actions.signOut()}
            data-testid="sign-out"
          >
            <SignOutIcon size={22} />
          </button>
        </div>
      </header>
      <main class={`home-main home-${store.tab.value}`}>
        <Tabs />
        <People />
        <CallCard />
        <div class="switches">
          <PushSwitch />
          <QuietSwitch />
        </div>
        <Calls />
      </main>
    </div>
  );
}

/** On a phone there is room for one half of the page only. */
function Tabs(): JSX.Element {
  const { store, actions } = useApp();
  const tab = store.tab.value;
  const button = (name: HomeTab, label: string, more?: JSX.Element | false): JSX.Element => (
    <button
      type="button"
      class="tab"
      aria-pressed={tab === name}
      onClick={() => actions.showTab(name)}
      data-testid={`tab-${name}`}
    >
      {label}
      {more}
    </button>
  );
  const unread = store.unread.value;
  return (
    <div class="tabs" role="group" aria-label="Show">
      {button('people', 'People')}
      {button('calls', 'Calls', unread > 0 && <Unread count={unread} testId="tab-unread" />)}
    </div>
  );
}

function People(): JSX.Element {
  const { store, actions } = useApp();
  const [filter, setFilter] = useState('');
  const me = store.me.value?.userId;
  const selected = store.selected.value;
  const known = new Set(store.people.value.map((one) => one.userId));
  // People who were asked for by name stay in the list while they are selected.
  const asked: Person[] = [...selected]
    .filter((id) => !known.has(id))
    .map((id) => ({ userId: id, name: id, devices: 0 }));
  const people = filterPeople([...store.people.value, ...asked], filter);
  const typed = userIdFromName(filter);
  const stranger = typed !== '' && typed !== me && !known.has(typed) && !selected.has(typed) ? typed : null;
  const online = store.people.value.filter((one) => one.devices > 0).length;
  const pick = (userId: string): void => {
    actions.toggleSelected(userId);
    setFilter('');
  };
  return (
    <section class="people" aria-labelledby="people-title">
      <div class="section-head">
        <h2 id="people-title">People</h2>
        {store.presenceKnown.value && store.connection.value === 'online' && (
          <p class="hint">{online === 1 ? '1 online' : `${online} online`}</p>
        )}
      </div>
      <label class="search">
        <SearchIcon size={20} />
        <span class="visually-hidden">Find or add a person by name</span>
        <input
          class="input"
          dir="auto"
          type="search"
          placeholder="Find or add a name"
          autocomplete="off"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') {
              const first = people[0]?.userId ?? stranger;
              if (filter !== '' && first) pick(first);
            } else if (event.key === 'Escape') {
              setFilter('');
            }
          }}
          data-testid="search"
        />
      </label>
      <ul class="people-list">
        {people.map((person) => (
          <PersonRow
            key={person.userId}
            person={person}
            selected={selected.has(person.userId)}
            onToggle={() => actions.toggleSelected(person.userId)}
          />
        ))}
        {stranger && filter !== '' && (
          <li>
            <button
              type="button"
              class="person person-add"
              onClick={() => pick(stranger)}
              data-testid={`add-${stranger}`}
            >
              <Avatar userId={stranger} name={filter} />
              <span class="person-text">
                <span class="person-name">
                  Add <Name>{stranger}</Name>
                </span>
                <span class="person-line">Not in the list, can be called by name</span>
              </span>
            </button>
          </li>
        )}
      </ul>
      {people.length === 0 && !stranger && <Nobody filtered={filter !== ''} />}
    </section>
  );
}

function Nobody({ filtered }: { readonly filtered: boolean }): JSX.Element {
  const { store } = useApp();
  if (filtered) return <p class="empty">Nobody of that name.</p>;
  if (store.connection.value !== 'online') return <p class="empty">Waiting for the server…</p>;
  return (
    <div class="empty" data-testid="nobody">
      <p class="empty-title">
        {store.presenceKnown.value ? 'Nobody else is here yet' : 'This server does not tell who is online'}
      </p>
      <p>
        {store.presenceKnown.value
          ? 'Open this page in a second window or on your phone, sign in with another name, and call.'
          : 'Write the name of the person you want to call.'}
      </p>
    </div>
  );
}

function PersonRow({
  person,
  selected,
  onToggle,
}: {
  readonly person: Person;
  readonly selected: boolean;
  readonly onToggle: () => void;
}): JSX.Element {
  return (
    <li>
      <label
        class={`person ${selected ? 'person-selected' : ''}`}
        data-testid={`person-${person.userId}`}
        data-online={person.devices > 0}
      >
        <input class="visually-hidden" type="checkbox" checked={selected} onChange={onToggle} />
        <Avatar userId={person.userId} name={person.name} online={person.devices > 0} />
        <span class="person-text">
          <span class="person-name">
            <Name>{person.name}</Name>
          </span>
          <span class="person-line">{presenceLine(person.devices)}</span>
        </span>
        <span class="tick" aria-hidden="true">
          {selected && <CheckIcon size={18} />}
        </span>
      </label>
    </li>
  );
}

function CallCard(): JSX.Element {
  const { store, actions } = useApp();
  const names = new Map(store.people.value.map((one) => [one.userId, one]));
  const chosen = [...store.selected.value].map((id) => names.get(id) ?? { userId: id, name: id, devices: 0 });
  const offline = store.connection.value !== 'online';
  const call = (media: 'audio' | 'video'): void =>
    void actions.startCall(
      chosen.map((one) => one.userId),
      media,
    );
  if (chosen.length === 0) {
    return (
      <section class="call-card call-card-empty">
        <Mark size={72} />
        <p class="empty-title">Choose whom to call</p>
        <p>One person, or several for a group call.</p>
      </section>
    );
  }
  return (
    <section class="call-card" aria-label="Call" data-testid="call-card">
      <div class="chosen">
        <div class="pile" aria-hidden="true">
          {chosen.slice(0, 4).map((one) => (
            <Avatar key={one.userId} userId={one.userId} name={one.name} size="medium" />
          ))}
        </div>
        <p class="chosen-names" aria-live="polite">
          <span class="visually-hidden">Selected: </span>
          <bdi>
            {listNames(
              chosen.map((one) => displayName(one.name, one.userId)),
              3,
            )}
          </bdi>
          {chosen.length === 1 && <span class="person-line">{presenceLine(chosen[0]?.devices ?? 0)}</span>}
          {chosen.length > 1 && <span class="person-line">Group call, {chosen.length} people</span>}
        </p>
        <button
          type="button"
          class="icon-button"
          aria-label="Clear the selection"
          title="Clear the selection"
          onClick={() => actions.clearSelected()}
          data-testid="selection-clear"
        >
          <CloseIcon size={20} />
        </button>
      </div>
      <div class="call-buttons">
        <Button kind="plain" onClick={() => call('audio')} disabled={offline} testId="call-audio">
          <PhoneIcon size={20} /> Audio call
        </Button>
        <Button kind="primary" onClick={() => call('video')} disabled={offline} testId="call-video">
          <VideoIcon size={20} /> Video call
        </Button>
      </div>
    </section>
  );
}
