// What opens above a page: devices, more people for the call, keys.
import type { DeviceInfo, DeviceKind } from 'carillon-sdk';
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { userIdFromName } from '../lib/names';
import {
  awaited,
  calleeLine,
  filterPeople,
  present,
  presenceLine,
  toggled,
  type CallView,
  type Named,
  type Person,
} from '../state/model';
import { useApp } from '../ui/context';
import { AddPersonIcon, CheckIcon, MicIcon, SearchIcon, SpeakerIcon, VideoIcon } from '../ui/icons';
import { Avatar, Button, Dialog, Name } from '../ui/parts';

export function Dialogs(): JSX.Element {
  const { store, actions } = useApp();
  const close = (): void => actions.openDialog(null);
  const call = store.call.value;
  const dialog = store.dialog.value;
  switch (dialog) {
    case 'devices':
      return <DeviceMenu onClose={close} />;
    case 'add-people':
      return call ? <AddPeople call={call} onClose={close} /> : <></>;
    case 'shortcuts':
      return <Shortcuts onClose={close} />;
    case 'blocked':
      return <Blocked onClose={close} />;
    case null:
      return <></>;
    default:
      return <About who={dialog} onClose={close} />;
  }
}

/** One person of the list of calls: the place to block, and to think better of it. */
function About({ who, onClose }: { readonly who: Named; readonly onClose: () => void }): JSX.Element {
  const { store, actions } = useApp();
  const blocked = store.blocked.value.has(who.userId);
  return (
    <Dialog title={who.name} onClose={onClose} testId="about-dialog">
      <div class="dialog-body stack">
        <p class="about-who">
          <Avatar userId={who.userId} name={who.name} size="large" />
        </p>
        <p class="about-line">
          {blocked
            ? 'Blocked: calls from this person ring on none of your devices.'
            : 'Once blocked, calls from this person ring on none of your devices and do not count as missed. Nobody tells them.'}
        </p>
        <Button
          kind={blocked ? 'plain' : 'danger'}
          onClick={() => {
            void actions.block(who, !blocked);
            onClose();
          }}
          testId={blocked ? 'unblock' : 'block'}
        >
          {blocked ? 'Unblock' : 'Block'} <Name>{who.name}</Name>
        </Button>
      </div>
    </Dialog>
  );
}

function Blocked({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const { store, actions } = useApp();
  const people = [...store.blocked.value].map((userId) => ({ userId, name: actions.nameOf(userId) }));
  return (
    <Dialog title="Blocked people" onClose={onClose} testId="blocked-dialog">
      <div class="dialog-body stack">
        {people.length === 0 && <p class="hint">Nobody is blocked.</p>}
        <ul class="people-list">
          {people.map((one) => (
            <li key={one.userId} class="person">
              <Avatar userId={one.userId} name={one.name} />
              <span class="person-text">
                <span class="person-name">
                  <Name>{one.name}</Name>
                </span>
              </span>
              <Button onClick={() => void actions.block(one, false)} testId={`unblock-${one.userId}`}>
                Unblock<span class="visually-hidden"> {one.name}</span>
              </Button>
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

function DeviceMenu({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const { store } = useApp();
  const { cameras, microphones, speakers, canSelectSpeaker } = store.devices.value;
  const unnamed = [...cameras, ...microphones].some((device) => device.label === '');
  return (
    <Dialog title="Devices" onClose={onClose} testId="device-menu">
      <div class="dialog-body stack">
        <DeviceSelect kind="camera" label="Camera" devices={cameras} icon={<VideoIcon size={20} />} />
        <DeviceSelect kind="microphone" label="Microphone" devices={microphones} icon={<MicIcon size={20} />} />
        {canSelectSpeaker && (
          <DeviceSelect kind="speaker" label="Speaker" devices={speakers} icon={<SpeakerIcon size={20} />} />
        )}
        {unnamed && <p class="hint">Names appear once this page may use the camera or the microphone.</p>}
      </div>
    </Dialog>
  );
}

interface DeviceSelectProps {
  readonly kind: DeviceKind;
  readonly label: string;
  readonly devices: readonly DeviceInfo[];
  readonly icon: ComponentChildren;
}

function DeviceSelect({ kind, label, devices, icon }: DeviceSelectProps): JSX.Element {
  const { store, actions } = useApp();
  const selected = store.devices.value.selected[kind] ?? '';
  return (
    <label class="field">
      <span class="field-label">
        {icon} {label}
      </span>
      <select
        class="input"
        value={devices.length === 0 ? 'none' : selected}
        disabled={devices.length === 0}
        onChange={(event) => void actions.selectDevice(kind, event.currentTarget.value || null)}
        data-testid={`device-${kind}`}
      >
        {devices.length === 0 ? (
          <option value="none">None found</option>
        ) : (
          <option value="">The system’s choice</option>
        )}
        {devices
          .filter((device) => device.deviceId !== '' && device.deviceId !== 'default')
          .map((device, index) => (
            <option key={device.deviceId} value={device.deviceId}>
              {device.label || `${label} ${index + 1}`}
            </option>
          ))}
      </select>
    </label>
  );
}

function AddPeople({ call, onClose }: { readonly call: CallView; readonly onClose: () => void }): JSX.Element {
  const { store, actions } = useApp();
  const [filter, setFilter] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const inCall = [...present(call), ...awaited(call)];
  const taken = new Set([...inCall.map((p) => p.userId), store.me.value?.userId ?? '']);
  const known = new Set(store.people.value.map((one) => one.userId));
  const asked: Person[] = [...chosen]
    .filter((id) => !known.has(id))
    .map((id) => ({ userId: id, name: id, devices: 0 }));
  const people = filterPeople([...store.people.value.filter((one) => !taken.has(one.userId)), ...asked], filter);
  const typed = userIdFromName(filter);
  const stranger = typed !== '' && !known.has(typed) && !taken.has(typed) && !chosen.has(typed) ? typed : null;
  const toggle = (userId: string): void => setChosen(toggled(chosen, userId));
  return (
    <Dialog title="Add people" onClose={onClose} testId="add-people-dialog">
      <form
        class="dialog-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen.size === 0) return;
          void actions.invite([...chosen]);
          onClose();
        }}
      >
        <div class="dialog-body stack">
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
              data-testid="add-search"
              data-autofocus
            />
          </label>
          <ul class="people-list">
            {people.map((person) => (
              <li key={person.userId}>
                <label
                  class={`person ${chosen.has(person.userId) ? 'person-selected' : ''}`}
                  data-testid={`add-person-${person.userId}`}
                >
                  <input
                    class="visually-hidden"
                    type="checkbox"
                    checked={chosen.has(person.userId)}
                    onChange={() => toggle(person.userId)}
                  />
                  <Avatar userId={person.userId} name={person.name} online={person.devices > 0} />
                  <span class="person-text">
                    <span class="person-name">
                      <Name>{person.name}</Name>
                    </span>
                    <span class="person-line">{presenceLine(person.devices)}</span>
                  </span>
                  <span class="tick" aria-hidden="true">
                    {chosen.has(person.userId) && <CheckIcon size={18} />}
                  </span>
                </label>
              </li>
            ))}
            {stranger && (
              <li>
                <button
                  type="button"
                  class="person person-add"
                  onClick={() => {
                    toggle(stranger);
                    setFilter('');
                  }}
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
            {people.length === 0 && !stranger && <li class="empty">Nobody else is in the list.</li>}
          </ul>
          {inCall.length > 0 && (
            <>
              <h3 class="dialog-sub">In this call</h3>
              <ul class="callees callees-plain">
                {inCall.map((p) => (
                  <li key={p.userId}>
                    <Avatar userId={p.userId} name={p.name} size="small" />
                    <span class="callee-name">
                      <Name>{p.name}</Name>
                    </span>
                    <span class="callee-state">{p.state === 'reconnecting' ? 'Reconnecting' : calleeLine(p)}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
        </div>
        <footer class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={chosen.size === 0} testId="invite">
            <AddPersonIcon size={20} /> {chosen.size > 1 ? `Ring ${chosen.size} people` : 'Ring'}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

const shortcuts: readonly [string, string][] = [
  ['M', 'Microphone on or off'],
  ['V', 'Camera on or off'],
  ['S', 'Share or stop the screen'],
  ['A', 'Add people'],
  ['Enter', 'Answer a call that rings'],
  ['Esc', 'Decline it, or stop calling'],
];

function Shortcuts({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <Dialog title="Keys" onClose={onClose} testId="shortcuts">
      <dl class="dialog-body shortcuts">
        {shortcuts.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
