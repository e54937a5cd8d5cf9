// The call itself: the stage with its tiles, and the controls.
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { bestGrid } from '../lib/grid';
import { listNames } from '../lib/names';
import { formatDuration } from '../lib/time';
import { present, stageOf, type CallView, type Stage } from '../state/model';
import { useApp } from '../ui/context';
import { useFocusOnMount, useKeys, useSize } from '../ui/hooks';
import {
  AddPersonIcon,
  DevicesIcon,
  HangUpIcon,
  KeyboardIcon,
  MicIcon,
  MicOffIcon,
  ScreenIcon,
  ScreenOffIcon,
  VideoIcon,
  VideoOffIcon,
} from '../ui/icons';
import { Sound } from '../ui/media';
import { Name, RoundButton } from '../ui/parts';
import { Waiting } from './incoming';
import { QualityMark, Tile } from './tile';

/** Px between tiles; --gap in styles/call.css is the same. */
const gap = 10;

export function InCall({ call }: { readonly call: CallView }): JSX.Element {
  const { store } = useApp();
  const heading = useFocusOnMount<HTMLHeadingElement>();
  const title = useId();
  const here = present(call);
  const names = listNames((here.length > 0 ? here : call.participants).map((p) => p.name));
  const reconnecting = call.state === 'reconnecting' || store.connection.value === 'reconnecting';
  return (
    <main class="in-call" aria-labelledby={title} data-testid="call" data-call={call.id} data-state={call.state}>
      <header class="call-top">
        <div class="call-title">
          <h1 id={title} ref={heading} tabIndex={-1}>
            <span class="visually-hidden">Call with </span>
            <Name>{names}</Name>
          </h1>
          <Timer call={call} />
        </div>
        <QualityMark quality={reconnecting ? 'lost' : call.quality} who="You" testId="quality-self" />
      </header>
      <StageView stage={stageOf(call)} call={call} reconnecting={reconnecting} />
      {store.incoming.value.length > 0 && <Waiting />}
      <Controls call={call} />
      {call.participants.flatMap((p) => p.audio.map((track) => <Sound key={track.id} track={track} />))}
    </main>
  );
}

function Timer({ call }: { readonly call: CallView }): JSX.Element {
  const { store } = useApp();
  const connecting = call.state === 'connecting';
  return (
    <p class="call-timer">
      {connecting && <span>Connecting… </span>}
      <span role="timer" aria-live="off" data-testid="call-timer">
        {call.startedAt === null ? '0:00' : formatDuration(store.now.value - call.startedAt)}
      </span>
    </p>
  );
}

interface StageProps {
  readonly stage: Stage;
  readonly call: CallView;
  readonly reconnecting: boolean;
}

function StageView({ stage, call, reconnecting }: StageProps): JSX.Element {
  const [ref, size] = useSize<HTMLDivElement>();
  const grid = bestGrid(stage.main.length, size.width, size.height, gap);
  const ready = size.width > 0;
  // One component for every layout, so that a tile keeps its video element when the layout changes around it.
  return (
    <section class={`stage stage-${stage.layout}`} aria-label="People in the call">
      <div class="stage-main" ref={ref}>
        {stage.main.length === 0 && <p class="stage-empty">Nobody else is in the call now. Add people, or hang up.</p>}
        {ready &&
          stage.main.map((tile) => (
            <Tile
              key={tile.key}
              tile={tile}
              call={call}
              width={stage.layout === 'duo' ? size.width : grid.width}
              height={stage.layout === 'duo' ? size.height : grid.height}
            />
          ))}
      </div>
      {stage.strip.length > 0 && (
        <div
          class="stage-strip"
          role="group"
          aria-label="More people"
          tabIndex={stage.layout === 'focus' ? 0 : undefined}
        >
          {stage.strip.map((tile) => (
            <Tile key={tile.key} tile={tile} call={call} />
          ))}
        </div>
      )}
      {reconnecting && (
        <div class="veil" role="status" data-testid="reconnecting">
          <span class="spinner" />
          <p class="veil-title">Reconnecting…</p>
          <p>Your place in the call is kept for a moment.</p>
        </div>
      )}
    </section>
  );
}

function Controls({ call }: { readonly call: CallView }): JSX.Element {
  const { store, actions } = useApp();
  const microphoneOn = call.microphone.state === 'on' && !call.microphone.muted;
  const cameraOn = call.camera.state === 'on' || call.camera.state === 'starting';
  const screenOn = call.screen.state === 'on';
  useKeys({
    m: () => void actions.toggleMicrophone(),
    v: () => void actions.toggleCamera(),
    s: () => void actions.toggleScreen(),
    a: () => actions.openDialog('add-people'),
    '?': () => actions.openDialog('shortcuts'),
  });
  return (
    <div class="controls" role="toolbar" aria-label="Call controls">
      <RoundButton
        kind={microphoneOn ? 'plain' : 'off'}
        label={microphoneOn ? 'Mute' : 'Unmute'}
        caption={microphoneOn ? 'Mute' : 'Unmute'}
        shortcut="m"
        testId="toggle-mic"
        onClick={() => void actions.toggleMicrophone()}
      >
        {microphoneOn ? <MicIcon /> : <MicOffIcon />}
        {call.microphone.state === 'failed' && <span class="badge" />}
      </RoundButton>
      <RoundButton
        kind={cameraOn ? 'plain' : 'off'}
        label={cameraOn ? 'Turn the camera off' : 'Turn the camera on'}
        caption="Camera"
        shortcut="v"
        testId="toggle-camera"
        onClick={() => void actions.toggleCamera()}
      >
        {cameraOn ? <VideoIcon /> : <VideoOffIcon />}
        {call.camera.state === 'failed' && <span class="badge" />}
      </RoundButton>
      {store.devices.value.canShareScreen && (
        <RoundButton
          kind={screenOn ? 'active' : 'plain'}
          label={screenOn ? 'Stop sharing the screen' : 'Share the screen'}
          caption={screenOn ? 'Stop' : 'Screen'}
          shortcut="s"
          testId="toggle-screen"
          onClick={() => void actions.toggleScreen()}
        >
          {screenOn ? <ScreenOffIcon /> : <ScreenIcon />}
        </RoundButton>
      )}
      <RoundButton
        label="Add people"
        caption="Add"
        shortcut="a"
        testId="add-people"
        onClick={() => actions.openDialog('add-people')}
      >
        <AddPersonIcon />
      </RoundButton>
      <RoundButton
        label="Devices: camera, microphone and speaker"
        caption="Devices"
        testId="open-devices"
        onClick={() => actions.openDialog('devices')}
      >
        <DevicesIcon />
      </RoundButton>
      <span class="controls-wide">
        <RoundButton
          label="Keys: the keyboard shortcuts"
          caption="Keys"
          shortcut="?"
          testId="open-shortcuts"
          onClick={() => actions.openDialog('shortcuts')}
        >
          <KeyboardIcon />
        </RoundButton>
      </span>
      <RoundButton
        kind="danger"
        label="Hang up"
        caption="Hang up"
        testId="hang-up"
        onClick={() => void actions.hangUp()}
      >
        <HangUpIcon />
      </RoundButton>
    </div>
  );
}
