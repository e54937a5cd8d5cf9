// Puts tracks into elements.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** The part of a remote track or of our own source that an element needs. */
export interface Attachable {
  attach(element: HTMLMediaElement): () => void;
}

export interface VideoProps {
  readonly track: Attachable;
  /** Another value attaches anew: our own camera gets a new track each time it is switched on. */
  readonly version?: unknown;
  readonly mirrored?: boolean;
  readonly contain?: boolean;
  readonly label: string;
}

export function Video({ track, version, mirrored, contain, label }: VideoProps): JSX.Element {
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => (ref.current ? track.attach(ref.current) : undefined), [track, version]);
  return (
    <video
      ref={ref}
      class={`video ${mirrored ? 'video-mirrored' : ''} ${contain ? 'video-contain' : ''}`}
      autoPlay
      playsInline
      muted
      aria-label={label}
    />
  );
}

/** Sound needs no place on the page, only an element. */
export function Sound({ track }: { readonly track: Attachable }): JSX.Element {
  const ref = useRef<HTMLAudioElement>(null);
  useEffect(() => (ref.current ? track.attach(ref.current) : undefined), [track]);
  return <audio ref={ref} autoPlay />;
}
