import { describe, expect, it } from 'vitest';
import { CarillonError } from '../src/index.js';
import { RoomRequests } from '../src/room-requests.js';
import { Questions } from './room-parts.js';

function make() {
  const server = new Questions();
  const doubts: string[] = [];
  return { server, doubts, requests: new RoomRequests(server, () => doubts.push('doubt')) };
}

describe('What is asked about a room', () => {
  it('brings it in doubt when the server does not know what it gave us, and is refused all the same', async () => {
    const { server, doubts, requests } = make();
    const asked = requests.requestOwn('restartIce', { transportId: 't' });
    server.last.refuse('not-found');
    await expect(asked).rejects.toMatchObject({ code: 'not-found' });
    expect(doubts).toEqual(['doubt']);
  });

  it('brings nothing in doubt for any other refusal, nor when what it is about may have gone by itself', async () => {
    const { server, doubts, requests } = make();
    const limited = requests.requestOwn('restartIce', { transportId: 't' });
    server.last.refuse('rate-limited');
    await expect(limited).rejects.toMatchObject({ code: 'rate-limited' });
    const gone = requests.request('pauseConsumer', { consumerId: 'c' });
    server.last.refuse('not-found');
    await expect(gone).rejects.toMatchObject({ code: 'not-found' });
    expect(doubts).toEqual([]);
  });

  it('ends with the room, and nothing is asked from then on', async () => {
    const { server, doubts, requests } = make();
    const waiting = requests.requestOwn('produce', {} as never, { refusedTwiceIsDone: true });
    expect(server.last.options.refusedTwiceIsDone).toBe(true);
    const over = new CarillonError('call-ended', 'over');
    requests.close(over);
    await expect(waiting).rejects.toBe(over);
    await expect(requests.request('pauseConsumer', { consumerId: 'c' })).rejects.toBe(over);
    expect(server.asked).toHaveLength(1);
    expect(doubts).toEqual([]);
  });
});
