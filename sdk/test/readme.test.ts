// The README's programs are taken from the page, type-checked as an app would be, and run against the fakes.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import * as sdk from '../src/index.js';
import * as testing from '../src/testing/index.js';
import { handleCalls, type HandleCallsOptions } from '../src/service-worker/index.js';
import { FakeWorker } from './fake-worker.js';
import { fakeTime, flush, World } from './world.js';

fakeTime();

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const page = readFileSync(join(root, 'README.md'), 'utf8');
const programs = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);

/** What the page says is the app's own. */
const APP = `
declare function fetchToken(): Promise<string>;
declare function videoFor(call: import('carillon-sdk').Call): HTMLVideoElement;
declare function show(text: string): void;
declare function ask(question: string): Promise<boolean>;
`;

function problems(codes: readonly string[]): string[] {
  const files = new Map(codes.map((code, at) => [join(root, 'test', `program-${at}.ts`), APP + code]));
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
    paths: {
      'carillon-sdk': [join(root, 'src/index.ts')],
      'carillon-sdk/testing': [join(root, 'src/testing/index.ts')],
      'carillon-sdk/service-worker': [join(root, 'src/service-worker/index.ts')],
    },
  };
  const host = ts.createCompilerHost(options);
  const readFile = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => {
    const code = files.get(name);
    return code === undefined ? readFile(name, ...rest) : ts.createSourceFile(name, code, ts.ScriptTarget.ES2022);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** As an app's bundler does: types off, imports given. */
async function run(code: string, scope: Record<string, unknown>): Promise<void> {
  const { outputText } = ts.transpileModule(code.replace(/^import .*$/gm, ''), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const names = Object.keys(scope);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the page's own program, which is what is tested.
  const program = new Function(...names, `return (async () => {${outputText}})();`) as (
    ...values: unknown[]
  ) => Promise<void>;
  await program(...names.map((name) => scope[name]));
}

describe('The README', () => {
  it('has four programs, the first of ten statements or so', () => {
    expect(programs).toHaveLength(4);
    expect(programs[0]!.trim().split('\n').length).toBeLessThanOrEqual(13);
  });

  it('has the program that the front page of the repository shows', () => {
    expect(readFileSync(join(root, '../README.md'), 'utf8')).toContain(programs[0]);
  });

  it('has programs that type-check', { timeout: 120_000 }, () => {
    expect(problems(programs)).toEqual([]);
  });

  it('has a program that calls and is called', async () => {
    const world = new World();
    const bob = await world.client('bob');
    const engine = new testing.FakeEngine();
    const shown: string[] = [];
    const videos: sdk.Call[] = [];
    const made: sdk.Carillon[] = [];
    class Carillon extends sdk.Carillon {
      constructor(options: sdk.CarillonOptions) {
        super({ ...options, engine, createWebSocket: world.server.createWebSocket });
        made.push(this);
      }
    }
    const running = run(programs[0]!, {
      Carillon,
      fetchToken: async () => 'alice',
      videoFor: (call: sdk.Call) => (videos.push(call), {}),
      show: (text: string) => shown.push(text),
      ask: async (question: string) => (shown.push(question), true),
    });
    await flush();
    await running;
    const incoming = bob.carillon.incoming[0]!;
    expect(incoming.caller.userId).toBe('alice');
    void incoming.accept();
    await flush();
    expect(videos).toHaveLength(2);
    void made[0]!.calls[0]!.leave();
    await flush();
    void bob.carillon.startCall({ callees: ['alice'], media: 'video' });
    await flush();
    expect(shown).toEqual(['The call is over: hangup', 'BOB is calling']);
    expect(made[0]!.calls).toMatchObject([{ state: 'active' }]);
  });

  it('has a program that turns push on, and takes the call of a notification', async () => {
    const world = new World();
    const push = new testing.FakePush();
    const { carillon } = await world.client('bob', { push });
    const alice = await world.client('alice');
    const shown: string[] = [];
    const button = { textContent: '', onclick: null as (() => void) | null };
    await run(`${programs[1]!.replace('export function', 'function')}\nofferPush(carillon, button);`, {
      carillon,
      button,
      show: (text: string) => shown.push(text),
    });
    expect(button.textContent).toContain('off');
    button.onclick!();
    await flush();
    expect(button.textContent).toContain('on');
    const call = alice.carillon.startCall({ callees: ['bob'] });
    await flush();
    push.say({ type: 'carillon-accept', callId: (await call).id });
    await flush();
    expect(carillon.calls).toMatchObject([{ state: 'active' }]);
  });

  it('has a service worker', async () => {
    const worker = new FakeWorker();
    await run(programs[2]!, {
      handleCalls: (options: HandleCallsOptions) => handleCalls(options, worker),
    });
    await worker.push({ type: 'missed-call', callId: 'c', callerId: 'ben', callerName: 'Ben', serverTime: 1 });
    expect(worker.shown).toEqual(['Missed call: Ben called you.']);
  });

  it('has a program that tests an app', async () => {
    const running = run(programs[3]!, { ...sdk, ...testing });
    await flush();
    await running;
  });
});
