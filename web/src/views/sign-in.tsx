// The first page: a name is enough.
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { userIdFromName } from '../lib/names';
import { useApp } from '../ui/context';
import { useFocusOnMount } from '../ui/hooks';
import { Mark, WarningIcon } from '../ui/icons';
import { Button } from '../ui/parts';

/** Longer names than any person's; the rest of a pasted text is not a name. */
const name_length_max = 80;

export function SignIn(): JSX.Element {
  const { store, actions } = useApp();
  const [name, setName] = useState('');
  const input = useFocusOnMount<HTMLInputElement>();
  const form = useRef<HTMLFormElement>(null);
  const { busy, error } = store.signIn.value;
  const userId = userIdFromName(name);
  return (
    <main class="page page-center">
      <section class="card sign-in">
        <div class="brand">
          <Mark size={64} />
          <h1>Carillon</h1>
        </div>
        <p class="lead">Calls that ring on all your devices, on a server of your own.</p>
        <form
          ref={form}
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (!busy) void actions.signIn(name);
          }}
        >
          <label class="field">
            <span>Your name</span>
            <input
              ref={input}
              class="input"
              dir="auto"
              name="name"
              autocomplete="name"
              maxLength={name_length_max}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
              aria-invalid={error !== null}
              aria-describedby={error ? 'sign-in-error sign-in-hint' : 'sign-in-hint'}
              data-testid="sign-in-name"
            />
          </label>
          {error && (
            <p class="error" id="sign-in-error" role="alert" data-testid="sign-in-error">
              <WarningIcon size={20} />
              <span>{error}</span>
            </p>
          )}
          <Button kind="primary" type="submit" testId="sign-in-button" disabled={busy}>
            {busy ? 'Signing in…' : 'Sign in'}
          </Button>
          <p class="hint" id="sign-in-hint">
            {userId ? (
              <>
                Others can call you as <bdi class="mono">{userId}</bdi>.
              </>
            ) : (
              'No password: this server is open for trying out.'
            )}
          </p>
        </form>
      </section>
    </main>
  );
}

/** The server told this device to stay away: nothing is tried again until the person asks for it. */
export function SignedOut(): JSX.Element {
  const { actions } = useApp();
  const heading = useFocusOnMount<HTMLHeadingElement>();
  return (
    <main class="page page-center">
      <section class="card sign-in" data-testid="signed-out">
        <div class="brand">
          <Mark size={64} />
          <h1 ref={heading} tabIndex={-1}>
            You were signed out
          </h1>
        </div>
        <p class="lead">The server ended the session of this device. Calls do not ring here until you sign in again.</p>
        <Button kind="primary" onClick={() => actions.signOut()} testId="sign-in-again">
          Sign in again
        </Button>
      </section>
    </main>
  );
}
