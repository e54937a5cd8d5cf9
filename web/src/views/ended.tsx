// A call is over: why, in plain words, and the same call again.
import type { JSX } from 'preact';
import { formatDuration } from '../lib/time';
import type { EndedView } from '../state/model';
import { useApp } from '../ui/context';
import { useFocusOnMount, useKeys } from '../ui/hooks';
import { PhoneIcon, VideoIcon } from '../ui/icons';
import { Avatar, Button } from '../ui/parts';

export function Ended({ ended }: { readonly ended: EndedView }): JSX.Element {
  const { store, actions } = useApp();
  const heading = useFocusOnMount<HTMLHeadingElement>();
  useKeys({ Escape: () => actions.closeEnded() });
  const { words } = ended;
  return (
    <main class="page page-center">
      <section class="card ended" data-testid="ended" data-reason={ended.reason}>
        <div class="pile pile-large" aria-hidden="true">
          {ended.people.slice(0, 3).map((one) => (
            <Avatar key={one.userId} userId={one.userId} name={one.name} size="large" />
          ))}
        </div>
        <div data-testid="end-reason">
          <h1 ref={heading} tabIndex={-1}>
            {words.title}
          </h1>
          {words.detail && (
            <p class="lead" dir="auto">
              {words.detail}
            </p>
          )}
        </div>
        {ended.lastedMs !== null && <p class="lasted">{formatDuration(ended.lastedMs)}</p>}
        <div class="call-buttons">
          <Button onClick={() => actions.closeEnded()} testId="close-ended">
            Back
          </Button>
          {words.again && ended.people.length > 0 && (
            <Button
              kind="primary"
              onClick={() => void actions.callAgain()}
              disabled={store.connection.value !== 'online'}
              testId="call-again"
            >
              {ended.media === 'video' ? <VideoIcon size={20} /> : <PhoneIcon size={20} />} Call again
            </Button>
          )}
        </div>
      </section>
    </main>
  );
}
