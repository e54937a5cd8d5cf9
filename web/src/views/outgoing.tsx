// We call: who, how it stands, and the way out.
import type { JSX } from 'preact';
import { listNames } from '../lib/names';
import { calleeLine, calleeState, outgoingLine, type CallView } from '../state/model';
import { useApp } from '../ui/context';
import { useFocusOnMount, useKeys } from '../ui/hooks';
import { HangUpIcon, MicIcon, MicOffIcon, VideoIcon, VideoOffIcon } from '../ui/icons';
import { Video } from '../ui/media';
import { Avatar, Name, RoundButton } from '../ui/parts';

export function Outgoing({ call }: { readonly call: CallView }): JSX.Element {
  const { store, actions } = useApp();
  const heading = useFocusOnMount<HTMLHeadingElement>();
  useKeys({
    Escape: () => void actions.hangUp(),
    m: () => void actions.toggleMicrophone(),
    v: () => void actions.toggleCamera(),
  });
  const people = call.participants;
  // Only once the server has the call, and where it tells who is online.
  const online = new Set(store.people.value.filter((one) => one.devices > 0).map((one) => one.userId));
  const offline = (userId: string): boolean => call.id !== '' && store.presenceKnown.value && !online.has(userId);
  const [first] = people;
  const group = people.length > 1;
  const cameraOn = call.camera.state === 'on';
  const microphoneOn = call.microphone.state === 'on' && !call.microphone.muted;
  const ringing = people.some((p) => p.state === 'ringing');
  return (
    <main
      class={`night outgoing ${cameraOn ? 'outgoing-camera' : ''}`}
      aria-label="Outgoing call"
      data-testid="outgoing-call"
    >
      {cameraOn && call.camera.source && (
        <div class="backdrop">
          <Video track={call.camera.source} version={call.camera.source.track} mirrored label="Your camera" />
        </div>
      )}
      <p class="night-kind">{call.media === 'video' ? 'Video call' : 'Audio call'}</p>
      <div class="night-who">
        <div class={`countdown ${ringing ? '' : 'countdown-still'} ${cameraOn ? 'countdown-small' : ''}`}>
          <span class="wave" />
          <span class="wave wave-late" />
          {group ? (
            <span class="pile pile-large">
              {people.slice(0, 3).map((p) => (
                <Avatar key={p.userId} userId={p.userId} name={p.name} size="large" />
              ))}
            </span>
          ) : (
            first && <Avatar userId={first.userId} name={first.name} size={cameraOn ? 'large' : 'huge'} />
          )}
        </div>
        <h1 class="night-name" ref={heading} tabIndex={-1}>
          <span class="visually-hidden">Calling </span>
          <Name>{listNames(people.map((p) => p.name))}</Name>
        </h1>
        <p class="night-line" data-testid="outgoing-state">
          {outgoingLine(call, offline)}
        </p>
        {group && (
          <ul class="callees">
            {people.map((p) => (
              <li key={p.userId} data-testid={`callee-${p.userId}`} data-state={calleeState(p, offline(p.userId))}>
                <Avatar userId={p.userId} name={p.name} size="small" />
                <span class="callee-name">
                  <Name>{p.name}</Name>
                </span>
                <span class="callee-state">{calleeLine(p, offline(p.userId))}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
      <div class="night-foot">
        <div class="answer">
          <RoundButton
            large
            kind={microphoneOn ? 'plain' : 'off'}
            label={microphoneOn ? 'Mute' : 'Unmute'}
            caption={microphoneOn ? 'Mute' : 'Unmute'}
            shortcut="m"
            testId="toggle-mic"
            disabled={call.id === ''}
            onClick={() => void actions.toggleMicrophone()}
          >
            {microphoneOn ? <MicIcon size={28} /> : <MicOffIcon size={28} />}
          </RoundButton>
          <RoundButton
            large
            kind="danger"
            label="Cancel the call"
            caption="Cancel"
            shortcut="Escape"
            testId="hang-up"
            onClick={() => void actions.hangUp()}
          >
            <HangUpIcon size={30} />
          </RoundButton>
          <RoundButton
            large
            kind={cameraOn ? 'plain' : 'off'}
            label={cameraOn ? 'Turn the camera off' : 'Turn the camera on'}
            caption="Camera"
            shortcut="v"
            testId="toggle-camera"
            disabled={call.id === ''}
            onClick={() => void actions.toggleCamera()}
          >
            {cameraOn ? <VideoIcon size={28} /> : <VideoOffIcon size={28} />}
          </RoundButton>
        </div>
      </div>
    </main>
  );
}
