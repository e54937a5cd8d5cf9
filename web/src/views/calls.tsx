// The calls of before: what became of each, and the way back to those people in one tap.
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { byDay, clockWords, countWords, outcomeWords, spokenOutcome } from '../lib/call-list';
import { listNames } from '../lib/names';
import type { HistoryFilter, ListedCall } from '../state/model';
import { useApp } from '../ui/context';
import { useOnScreen } from '../ui/hooks';
import { IncomingIcon, MissedIcon, MoreIcon, OutgoingIcon, PhoneIcon, VideoIcon, WarningIcon } from '../ui/icons';
import { Avatar, Button, Name } from '../ui/parts';

/** Ms that the list must be in sight before what is in it counts as read. */
const seen_after_ms = 1_200;

export function Calls(): JSX.Element {
  const { store, actions } = useApp();
  const { filter, state, calls } = store.history.value;
  const unread = store.unread.value;
  const [section, on_screen] = useOnScreen<HTMLElement>();
  useEffect(() => {
    if (!on_screen || unread === 0 || state !== 'ready') return;
    const timer = setTimeout(() => actions.historySeen(), seen_after_ms);
    return () => clearTimeout(timer);
  }, [on_screen, unread, state]);
  useEffect(() => {
    if (!on_screen) return;
    return () => actions.historyLeft();
  }, [on_screen]);
  return (
    <section class="calls" aria-labelledby="calls-title" ref={section} data-testid="history">
      <div class="section-head">
        <h2 id="calls-title">
          Calls
          {unread > 0 && <Unread count={unread} testId="history-unread" />}
        </h2>
        <div class="filter" role="group" aria-label="Which calls">
          <FilterButton filter="all" now={filter} label="All" />
          <FilterButton filter="missed" now={filter} label="Missed" />
        </div>
      </div>
      {state === 'loading' && <Loading />}
      {state === 'failed' && (
        <div class="empty" role="alert" data-testid="history-failed">
          <p class="empty-title">The calls could not be loaded</p>
          <Button onClick={() => actions.moreHistory()} testId="history-retry">
            Try again
          </Button>
        </div>
      )}
      {state === 'ready' && calls.length === 0 && (
        <p class="empty" data-testid="history-empty">
          {filter === 'missed' ? 'No missed calls.' : 'No calls yet. They are listed here, with the ones you missed.'}
        </p>
      )}
      {state === 'ready' && calls.length > 0 && <List />}
    </section>
  );
}

/** A number in a round mark, said in words to those who do not see it. */
export function Unread({ count, testId }: { readonly count: number; readonly testId: string }): JSX.Element {
  return (
    <span class="unread" data-testid={testId} data-count={count}>
      <span aria-hidden="true">{countWords(count)}</span>
      <span class="visually-hidden">{count === 1 ? ', 1 missed call' : `, ${count} missed calls`}</span>
    </span>
  );
}

function FilterButton(props: {
  readonly filter: HistoryFilter;
  readonly now: HistoryFilter;
  readonly label: string;
}): JSX.Element {
  const { actions } = useApp();
  return (
    <button
      type="button"
      class="filter-button"
      aria-pressed={props.now === props.filter}
      onClick={() => actions.filterHistory(props.filter)}
      data-testid={`history-${props.filter}`}
    >
      {props.label}
    </button>
  );
}

function Loading(): JSX.Element {
  return (
    <div class="calls-loading" role="status" data-testid="history-loading">
      <span class="visually-hidden">Loading the calls…</span>
      {[0, 1, 2].map((row) => (
        <div key={row} class="call-row" aria-hidden="true">
          <span class="ghost ghost-round" />
          <span class="call-text">
            <span class="ghost ghost-name" />
            <span class="ghost ghost-line" />
          </span>
        </div>
      ))}
    </div>
  );
}

function List(): JSX.Element {
  const { store } = useApp();
  const { calls, fresh } = store.history.value;
  return (
    <div class="calls-list" data-testid="recent-list">
      {byDay(calls, store.now.value).map((day) => (
        <section key={day.words} aria-label={day.words}>
          <h3 class="day">{day.words}</h3>
          <ul>
            {day.calls.map((call) => (
              <CallRow key={call.callId} call={call} fresh={fresh.has(call.callId)} />
            ))}
          </ul>
        </section>
      ))}
      <Older />
    </div>
  );
}

function CallRow({ call, fresh }: { readonly call: ListedCall; readonly fresh: boolean }): JSX.Element {
  const { store, actions } = useApp();
  const { people, media } = call;
  const names = listNames(
    people.map((one) => one.name),
    2,
  );
  const group = people.length > 1;
  const [one] = people;
  const Arrow = call.missed ? MissedIcon : call.outgoing ? OutgoingIcon : IncomingIcon;
  return (
    <li
      class={`call-row ${call.missed ? 'call-missed' : ''} ${fresh ? 'call-fresh' : ''}`}
      data-testid={`history-call-${call.callId}`}
      data-missed={call.missed}
    >
      <span class={group ? 'pile pile-two' : 'pile'} aria-hidden="true">
        {people.slice(0, group ? 2 : 1).map((one) => (
          <Avatar key={one.userId} userId={one.userId} name={one.name} size={group ? 'small' : 'medium'} />
        ))}
      </span>
      <span class="call-text">
        <span class="person-name">
          <Name>{names || 'Nobody'}</Name>
        </span>
        <span class="call-line">
          <Arrow size={16} />
          {!group && one && store.blocked.value.has(one.userId) && <span>Blocked · </span>}
          <span class="visually-hidden">{`${spokenOutcome(call)}, ${media}, `}</span>
          <span aria-hidden="true">{outcomeWords(call)} · </span>
          <time dateTime={new Date(call.startedAt).toISOString()}>{clockWords(call.startedAt)}</time>
          {group && <span class="call-group">{` · Group of ${people.length + 1}`}</span>}
          {fresh && <span class="visually-hidden">, new</span>}
        </span>
      </span>
      {one && !group && (
        <button
          type="button"
          class="icon-button"
          aria-label={`More about ${one.name}`}
          title="More"
          onClick={() => actions.openDialog(one)}
          data-testid={`more-${call.callId}`}
        >
          <MoreIcon size={20} />
        </button>
      )}
      {people.length > 0 && (
        <button
          type="button"
          class="icon-button"
          disabled={store.connection.value !== 'online'}
          aria-label={`Call ${names} back, ${media}`}
          title={media === 'video' ? 'Call back with video' : 'Call back'}
          onClick={() =>
            void actions.startCall(
              people.map((one) => one.userId),
              media,
            )
          }
          data-testid={`call-back-${call.callId}`}
        >
          {media === 'video' ? <VideoIcon size={22} /> : <PhoneIcon size={22} />}
        </button>
      )}
    </li>
  );
}

/** The end of the list. When it comes into sight, the next page is loaded. */
function Older(): JSX.Element {
  const { store, actions } = useApp();
  const { older, calls } = store.history.value;
  const [end, on_screen] = useOnScreen<HTMLDivElement>('600px');
  useEffect(() => {
    if (on_screen && older === 'some') actions.moreHistory();
  }, [on_screen, older, calls.length]);
  return (
    <div class="older" ref={end} role="status">
      {older === 'loading' && (
        <>
          <span class="spinner" />
          <span class="hint">Loading older calls…</span>
        </>
      )}
      {older === 'some' && (
        <Button onClick={() => actions.moreHistory()} testId="history-more">
          Older calls
        </Button>
      )}
      {older === 'failed' && (
        <>
          <WarningIcon size={18} />
          <span class="hint">Older calls could not be loaded.</span>
          <Button onClick={() => actions.moreHistory()} testId="history-more">
            Try again
          </Button>
        </>
      )}
    </div>
  );
}
