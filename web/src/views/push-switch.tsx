// "Ring me when this page is closed": what is so now, and the switch where there is something to switch.
import type { JSX } from 'preact';
import { pushLine } from '../lib/push-words';
import { useApp } from '../ui/context';
import { BellIcon } from '../ui/icons';

export function PushSwitch(): JSX.Element {
  const { store, actions } = useApp();
  const { state, busy, problem, needsInstall } = store.push.value;
  if (state === 'unavailable') return <></>; // Nothing that this person could do about it.
  const on = state === 'on';
  const offered = on || state === 'off';
  const offline = store.connection.value !== 'online';
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
      {offered && (
        <button
          type="button"
          class="switch"
          role="switch"
          aria-checked={on}
          aria-labelledby="push-title"
          aria-describedby="push-line"
          aria-busy={busy}
          disabled={busy || offline}
          onClick={() => void actions.turnPush(!on)}
          data-testid="push-switch"
        >
          <span class="switch-knob">{busy && <span class="spinner" />}</span>
        </button>
      )}
    </section>
  );
}
