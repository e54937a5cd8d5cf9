import { describe, expect, it } from 'vitest';
import { Identity } from '../src/identity.js';
import { fakeToken } from '../src/testing/index.js';

const welcome = {
  userId: 'alice',
  deviceId: 'phone',
  resumeToken: 'r',
  resumeGraceMs: 0,
  serverTime: 0,
  iceServers: [],
  calls: [],
};

describe('Who we are', () => {
  it('is not known before the welcome', () => {
    const identity = new Identity();
    expect(identity.me).toBeNull();
    expect(() => identity.require()).toThrow('connect() first');
  });

  it('is what the welcome says, under the name in the token', () => {
    const identity = new Identity();
    const token = fakeToken({ sub: 'alice', name: 'Alice' });
    expect(identity.reading(token)).toBe(token);
    identity.handleWelcome(welcome);
    expect(identity.require()).toEqual({ userId: 'alice', deviceId: 'phone', name: 'Alice' });
  });

  it('has the name of the token that was fetched last, and the user id where that has none', async () => {
    const tokens = [fakeToken({ sub: 'alice', name: 'Alice' }), fakeToken({ sub: 'alice' }), 'no JWT at all'];
    const identity = new Identity();
    const source = identity.reading(() => tokens.shift()!) as () => Promise<string>;
    const names: (string | undefined)[] = [];
    while (tokens.length > 0) {
      await source();
      identity.handleWelcome(welcome);
      names.push(identity.me?.name);
    }
    expect(names).toEqual(['Alice', 'alice', 'alice']);
  });

  it('is in rooms the device, where the server has no other name for that', () => {
    const identity = new Identity();
    identity.handleWelcome(welcome);
    expect(identity.peerId).toBe('phone');
    identity.handleWelcome({ ...welcome, peerId: 'alice/phone' });
    expect(identity.peerId).toBe('alice/phone');
  });
});
