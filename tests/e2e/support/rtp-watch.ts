// The RTP that comes to a media port and leaves it, seen from beside: tests/e2e/support/rtp_watch.py.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Stream {
  ssrc: number;
  direction: 'in' | 'out';
  /** The client's port. */
  client: number;
  packets: number;
  /** Sequence numbers that never came. */
  missing: number;
  longestGapMs: number;
}

/** Watches from when this resolves until what it resolves to is called. Needs a network of our own (loopback-only.sh). */
export async function watchRtp(...ports: number[]): Promise<() => Promise<Stream[]>> {
  const program = fileURLToPath(new URL('./rtp_watch.py', import.meta.url));
  const child = spawn('python3', [program, ...ports.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  let wake = () => {};
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    wake();
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await Promise.race([new Promise<void>((resolve) => (wake = resolve)), ended]);
  if (!text.startsWith('watching')) throw new Error('nobody may watch packets here');
  return async () => {
    child.stdin.end();
    await ended;
    const { unseen, streams } = JSON.parse(text.slice(text.indexOf('\n'))) as { unseen: number; streams: Stream[] };
    if (unseen > 0) throw new Error(`${unseen} packets were not seen: this machine is too busy to watch`);
    return streams;
  };
}
