// One picture on the stage: a person, a screen, ourselves, or somebody who is still being rung.
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { calleeLine, layerFor, type CallView, type ParticipantView, type Quality, type TileView } from '../state/model';
import { useApp } from '../ui/context';
import { useSize } from '../ui/hooks';
import { MicOffIcon, ScreenIcon, SignalIcon } from '../ui/icons';
import { Video } from '../ui/media';
import { Avatar, Name } from '../ui/parts';

export interface TileProps {
  readonly tile: TileView;
  readonly call: CallView;
  readonly width?: number;
  readonly height?: number;
}

export function Tile({ tile, call, width, height }: TileProps): JSX.Element {
  const style = width && height ? { width: `${width}px`, height: `${height}px` } : undefined;
  if (tile.kind === 'self') return <Self call={call} style={style} />;
  const p = tile.participant;
  if (!p) return <></>;
  return tile.kind === 'screen' ? (
    <ScreenTile p={p} style={style} />
  ) : (
    <PersonTile p={p} call={call} style={style} awaited={tile.kind === 'awaited'} />
  );
}

type Style = { width: string; height: string } | undefined;

function PersonTile({
  p,
  call,
  style,
  awaited,
}: {
  readonly p: ParticipantView;
  readonly call: CallView;
  readonly style: Style;
  readonly awaited: boolean;
}): JSX.Element {
  const [ref, size] = useSize<HTMLElement>();
  const layer = layerFor(size.width * devicePixelRatio);
  const camera = p.cameraOn ? p.camera : null;
  useEffect(() => {
    // A small tile needs no large picture: this is what makes a group call possible on a phone.
    if (camera && size.width > 0) void camera.setPreferredLayers(layer).catch(() => undefined);
  }, [camera, layer, size.width > 0]);
  const speaking = p.speaking || (call.activeSpeaker === p.userId && !p.muted);
  const line = awaited
    ? calleeLine(p)
    : p.state === 'joining'
      ? 'Connecting…'
      : p.state === 'reconnecting'
        ? 'Reconnecting…'
        : null;
  return (
    <article
      ref={ref}
      class={`tile ${speaking && !line ? 'tile-speaking' : ''} ${line ? 'tile-away' : ''}`}
      style={style}
      aria-label={describe(p, speaking, line)}
      data-testid={`tile-${p.userId}`}
      data-speaking={speaking}
      data-state={p.state}
    >
      {camera && <Video track={camera} label={`Camera of ${p.name}`} />}
      {(!camera || line) && (
        <div class={`tile-face ${camera ? 'tile-veil' : ''}`}>
          <Avatar userId={p.userId} name={p.name} size="large" />
          {line && <p class="tile-line">{line}</p>}
        </div>
      )}
      <footer class="tile-foot" aria-hidden="true">
        <span class="tile-label">
          {p.muted && !awaited && <MicOffIcon size={16} />}
          <Name>{p.name}</Name>
        </span>
        {!awaited && <QualityMark quality={p.quality} who={p.name} testId={`quality-${p.userId}`} />}
      </footer>
    </article>
  );
}

function describe(p: ParticipantView, speaking: boolean, line: string | null): string {
  if (line) return `${p.name}, ${line}`;
  const facts = [
    p.muted ? 'muted' : speaking ? 'speaking' : '',
    p.cameraOn ? '' : 'camera off',
    p.quality === 'poor' ? 'poor connection' : '',
  ];
  return [p.name, ...facts.filter((fact) => fact !== '')].join(', ');
}

function ScreenTile({ p, style }: { readonly p: ParticipantView; readonly style: Style }): JSX.Element {
  return (
    <article
      class="tile tile-screen"
      style={style}
      aria-label={`Screen of ${p.name}`}
      data-testid={`tile-${p.userId}-screen`}
    >
      {p.screen && <Video track={p.screen} contain label={`Screen of ${p.name}`} />}
      <footer class="tile-foot" aria-hidden="true">
        <span class="tile-label">
          <ScreenIcon size={16} />
          <Name>{p.name}</Name>
        </span>
      </footer>
    </article>
  );
}

function Self({ call, style }: { readonly call: CallView; readonly style: Style }): JSX.Element {
  const { store } = useApp();
  const me = store.me.value;
  if (!me) return <></>;
  const on = call.camera.state === 'on' && call.camera.source !== null;
  const muted = call.microphone.muted || call.microphone.state !== 'on';
  return (
    <article
      class={`tile tile-self ${call.speaking && !muted ? 'tile-speaking' : ''}`}
      style={style}
      aria-label={`You${muted ? ', muted' : ''}${on ? '' : ', camera off'}`}
      data-testid={`tile-${me.userId}`}
    >
      {on && call.camera.source ? (
        <Video track={call.camera.source} version={call.camera.source.track} mirrored label="Your camera" />
      ) : (
        <div class="tile-face">
          <Avatar userId={me.userId} name={me.name} size="large" />
        </div>
      )}
      <footer class="tile-foot" aria-hidden="true">
        <span class="tile-label">
          {muted && <MicOffIcon size={16} />}
          You
        </span>
      </footer>
    </article>
  );
}

const quality_level = { unknown: 3, good: 3, fair: 2, poor: 1, lost: 0 } as const;
const quality_words = {
  unknown: 'not measured yet',
  good: 'good connection',
  fair: 'fair connection',
  poor: 'poor connection',
  lost: 'connection lost',
} as const;

export function QualityMark({
  quality,
  who,
  testId,
}: {
  readonly quality: Quality;
  readonly who: string;
  readonly testId: string;
}): JSX.Element {
  return (
    <span
      class={`quality quality-${quality}`}
      role="img"
      aria-label={`${who}: ${quality_words[quality]}`}
      title={quality_words[quality]}
      data-testid={testId}
      data-quality={quality}
    >
      <SignalIcon level={quality_level[quality]} />
    </span>
  );
}
