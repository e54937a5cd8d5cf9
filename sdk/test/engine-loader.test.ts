import { describe, expect, it } from 'vitest';
import { engineLoader } from '../src/engine-loader.js';
import { CarillonError } from '../src/index.js';
import { FakeEngine } from '../src/testing/index.js';

const capabilities = { codecs: [], headerExtensions: [] };

describe('Loading the engine', () => {
  it('asks the server once, however many want it, and not again', async () => {
    const engine = new FakeEngine();
    let asked = 0;
    const load = engineLoader(engine, { request: async () => (asked++, capabilities) });
    await Promise.all([load(), load()]);
    await load();
    expect([asked, engine.loads, engine.loaded]).toEqual([1, 1, true]);
  });

  it('that failed is tried anew by the next who wants it', async () => {
    const engine = new FakeEngine();
    const answers = [Promise.reject(new CarillonError('timeout', 'no answer')), Promise.resolve(capabilities as never)];
    const load = engineLoader(engine, { request: () => answers.shift()! });
    await expect(load()).rejects.toMatchObject({ code: 'timeout' });
    expect(engine.loaded).toBe(false);
    await load();
    expect(engine.loaded).toBe(true);
  });
});
