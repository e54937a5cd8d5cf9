// Somebody calls: the whole screen, or a banner while a call is on.
import type { JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { listNames } from '../lib/names';
import { secondsLeft, shareLeft } from '../lib/time';
import type { IncomingView } from '../state/model';
import { useApp } from '../ui/context';
import { useFocusOnMount, useKeys } from '../ui/hooks';
import { BellIcon, HangUpIcon, PhoneIcon, VideoIcon } from '../ui/icons';
import { Avatar, Name, RoundButton } from '../ui/parts';

/** Ms in which a key does nothing: whoever is writing when it rings must not answer by that. */
const key_guard_ms = 700;

/** Radius of the countdown's circle in its 120 px field, and so its length. */
const radius = 56;
const circumference = 2 * Math.PI * radius;

function withWhom(call: IncomingView): string | null {
  return call.others.length > 0
    ? listNames(
        call.others.map((one) => one.name),
        3,
      )
    : null;
}

function kindLine(call: IncomingView): string {
  const media = call.media === 'video' ? 'video call' : 'audio call';
  return call.others.length > 0 ? `Group ${media}` : media.charAt(0).toUpperCase() + media.slice(1);
}

export function Incoming(): JSX.Element {
  const { store, actions } = useApp();
  const call = store.incoming.value[0];
  const region = useFocusOnMount<HTMLDivElement>();
  const title = useId();
  const since = useRef(performance.now());
  useEffect(() => {
    since.current = performance.now();
  }, [call?.callId]);
  const guarded = (act: () => void) => () => {
    if (performance.now() - since.current >= key_guard_ms) act();
  };
  useKeys({
    Enter: guarded(() => call && void actions.accept(call.callId, call.media)),
    Escape: guarded(() => call && void actions.decline(call.callId)),
  });
  if (!call) return <></>;
  const group = withWhom(call);
  const more = store.incoming.value.length - 1;
  return (
    <div
      class="night incoming"
      role="alertdialog"
      aria-modal="true"
      aria-labelledby={title}
      ref={region}
      tabIndex={-1}
      data-testid="incoming-call"
      data-call={call.callId}
    >
      <p class="night-kind">
        <BellIcon size={20} class="swing" />
        {kindLine(call)}
      </p>
      <div class="night-who">
        <Countdown call={call} />
        <h1 id={title} class="night-name">
          <Name>{call.caller.name}</Name>
          <span class="visually-hidden"> is calling</span>
        </h1>
        {group && (
          <p class="night-line">
            with <bdi>{group}</bdi>
          </p>
        )}
        <p class="night-line night-soft" data-testid="countdown" role="timer">
          {call.accepting ? 'Answering…' : `Rings for ${secondsLeft(call.ringUntil, store.now.value)} s`}
        </p>
        {more > 0 && (
          <p class="night-line night-soft">{more === 1 ? 'One more call waits' : `${more} more calls wait`}</p>
        )}
      </div>
      <div class="night-foot">
        <div class="answer">
          <RoundButton
            large
            kind="danger"
            label="Decline"
            caption="Decline"
            testId="decline"
            shortcut="Escape"
            disabled={call.accepting}
            onClick={() => void actions.decline(call.callId)}
          >
            <HangUpIcon size={30} />
          </RoundButton>
          <RoundButton
            large
            kind={call.media === 'audio' ? 'accept' : 'plain'}
            label="Answer with audio"
            caption="Audio"
            testId="accept-audio"
            disabled={call.accepting}
            {...(call.media === 'audio' ? { shortcut: 'Enter' } : {})}
            onClick={() => void actions.accept(call.callId, 'audio')}
          >
            <PhoneIcon size={30} />
          </RoundButton>
          <RoundButton
            large
            kind={call.media === 'video' ? 'accept' : 'plain'}
            label="Answer with video"
            caption="Video"
            testId="accept-video"
            disabled={call.accepting}
            {...(call.media === 'video' ? { shortcut: 'Enter' } : {})}
            onClick={() => void actions.accept(call.callId, 'video')}
          >
            <VideoIcon size={30} />
          </RoundButton>
        </div>
        <button
          type="button"
          class="link-button night-block"
          disabled={call.accepting}
          onClick={() => void actions.declineAndBlock(call.callId)}
          data-testid="decline-block"
        >
          Decline and block
        </button>
        <p class="keys" aria-hidden="true">
          {store.soundBlocked.value ? (
            <span data-testid="sound-blocked">Touch the page to hear it ring</span>
          ) : (
            <>
              <kbd>Enter</kbd> answers, <kbd>Esc</kbd> declines
            </>
          )}
        </p>
      </div>
    </div>
  );
}

function Countdown({ call }: { readonly call: IncomingView }): JSX.Element {
  const { store } = useApp();
  const share = shareLeft(call.ringUntil, call.since, store.now.value);
  return (
    <div class="countdown">
      <span class="wave" />
      <span class="wave wave-late" />
      <Avatar userId={call.caller.userId} name={call.caller.name} size="huge" />
      <svg class="countdown-ring" viewBox="0 0 120 120" aria-hidden="true" focusable="false">
        <circle class="countdown-track" cx="60" cy="60" r={radius} />
        <circle
          class="countdown-left"
          cx="60"
          cy="60"
          r={radius}
          stroke-dasharray={circumference}
          stroke-dashoffset={circumference * (1 - share)}
        />
      </svg>
    </div>
  );
}

/** A second call while one is on. It does not take the screen away from the talk. */
export function Waiting(): JSX.Element {
  const { store, actions } = useApp();
  const title = useId();
  const call = store.incoming.value[0];
  if (!call) return <></>;
  return (
    <section class="waiting" role="alertdialog" aria-labelledby={title} data-testid="waiting-call">
      <Avatar userId={call.caller.userId} name={call.caller.name} />
      <p class="waiting-text" id={title}>
        <strong>
          <Name>{call.caller.name}</Name>
        </strong>
        <span data-testid="waiting-countdown">
          {kindLine(call)} · {secondsLeft(call.ringUntil, store.now.value)} s
        </span>
      </p>
      <div class="waiting-buttons">
        <button
          type="button"
          class="button button-danger"
          onClick={() => void actions.decline(call.callId)}
          disabled={call.accepting}
          data-testid="waiting-decline"
        >
          <HangUpIcon size={20} /> Decline
        </button>
        <button
          type="button"
          class="button button-accept"
          onClick={() => void actions.accept(call.callId, call.media)}
          disabled={call.accepting}
          data-testid="waiting-accept"
        >
          {call.media === 'video' ? <VideoIcon size={20} /> : <PhoneIcon size={20} />} End and answer
        </button>
      </div>
    </section>
  );
}
