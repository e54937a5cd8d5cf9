// What both sides of the benchmark measure in the same way.

/** Ms on a clock that all pages of one browser share. */
export const now = () => performance.timeOrigin + performance.now();

/** Shows the track, and resolves when its first frame was decoded and handed to the screen. */
export function firstFrame(track: MediaStreamTrack): Promise<number> {
  const video = document.createElement('video');
  video.muted = true;
  video.autoplay = true;
  video.srcObject = new MediaStream([track]);
  document.body.append(video);
  return new Promise((resolve) =>
    video.requestVideoFrameCallback(() => {
      resolve(now());
      setTimeout(() => video.remove(), 0);
    }),
  );
}
