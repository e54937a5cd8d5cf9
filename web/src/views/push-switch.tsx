// What rings: the switches "ring when this page is closed" and "do not disturb", and the way to those who are blocked.
import type { ComponentChildren, JSX } from 'preact';
import { pushLine } from '../lib/push-words';
import { useApp } from '../ui/context';
import { BellIcon, QuietIcon } from '../ui/icons';

export function PushSwitch(): JSX.Element {
  const { store, actions } = useApp();
  const { state, busy, problem, needsInstall } = store.push.value;
  if (state === 'unavailable') return <></>; // Nothing that this person could do about it.
  const on = state === 'on';
  const offered = on || state === 'off';
  return (
    <section class={`push push-${state}`} aria-labelledby="push-title" data-testid="push" data-state={state}>
      <BellIcon size={22} />
      <div class="push-text">
        <h2 id="push-title">Ring when this page is closed</h2>
        <p id="push-line" class="push-line">
          {pushLine(state, needsInstall)}
        </p>
        {problem && (
          <p class="push-problem" role="alert" data-testid="push-problem">
            {problem}
          </p>
        )}
      </div>
      {offered && <Switch name="push" on={on} busy={busy} turn={() => actions.turnPush(!on)} />}
    </section>
  );
}

export function QuietSwitch(): JSX.Element {
  const { store, actions } = useApp();
  const { on, busy } = store.quiet.value;
  const blocked = store.blocked.value.size;
  return (
    <section class={`push push-${on ? 'on' : 'off'}`} aria-labelledby="quiet-title" data-testid="quiet" data-on={on}>
      <QuietIcon size={22} />
      <div class="push-text">
        <h2 id="quiet-title">Do not disturb</h2>
        <p id="quiet-line" class="push-line">
          {on ? 'No calls ring, on any of your devices. They are listed as missed.' : 'Calls ring on all your devices.'}
        </p>
        {blocked > 0 && (
          <p class="push-line">
            <LinkButton onClick={() => actions.openDialog('blocked')} testId="open-blocked">
              {blocked === 1 ? '1 blocked person' : `${blocked} blocked people`}
            </LinkButton>
          </p>
        )}
      </div>
      <Switch name="quiet" on={on} busy={busy} turn={() => actions.turnQuiet(!on)} />
    </section>
  );
}

function LinkButton(props: {
  readonly onClick: () => void;
  readonly testId: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <button type="button" class="link-button" onClick={props.onClick} data-testid={props.testId}>
      {props.children}
    </button>
  );
}

/** Its words are those of `name-title` and `name-line`. */
function Switch(props: {
  readonly name: string;
  readonly on: boolean;
  readonly busy: boolean;
  readonly turn: () => Promise<void>;
}): JSX.Element {
  const { name, on, busy, turn } = props;
  const offline = useApp().store.connection.value !== 'online';
  return (
    <button
      type="button"
      class="switch"
      role="switch"
      aria-checked={on}
      aria-labelledby={`${name}-title`}
      aria-describedby={`${name}-line`}
      aria-busy={busy}
      disabled={busy || offline}
      onClick={() => void turn()}
      data-testid={`${name}-switch`}
    >
      <span class="switch-knob">{busy && <span class="spinner" />}</span>
    </button>
  );
}
