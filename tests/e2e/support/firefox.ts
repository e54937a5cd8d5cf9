// Firefox ESR, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/) with nothing between: a handful of
// commands is all that the tests need.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import WebSocket from 'ws';
import { Arrivals } from './arrivals.ts';

export type Preferences = Record<string, string | number | boolean>;

/** Fake camera and microphone without a question, media over loopback, and buttons on notifications. */
const always: Preferences = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'dom.webnotifications.actions.enabled': true,
  'alerts.useSystemBackend': true,
};

/** Firefox talks to this push service. The remote agent turns push off unless told otherwise. */
export const pushFrom = (url: string): Preferences => ({
  'dom.push.serverURL': url,
  'dom.push.testing.allowInsecureServerURL': true,
  'dom.push.connection.enabled': true,
  'dom.push.retryBaseInterval': 200,
});

interface Event {
  method: string;
  params: any;
}

export class Firefox {
  readonly events = new Arrivals<Event>('events', ({ method }) => method);
  private nextId = 1;
  private readonly waiting = new Map<number, (answer: any) => void>();

  private constructor(
    private readonly process: ChildProcess,
    private readonly socket: WebSocket,
    private readonly folder: string,
  ) {
    socket.on('message', (text) => {
      const said = JSON.parse((text as Buffer).toString()) as { id?: number } & Event;
      if (said.id === undefined) return this.events.add(said);
      this.waiting.get(said.id)?.(said);
      this.waiting.delete(said.id);
    });
  }

  static async launch(preferences: Preferences = {}, env: NodeJS.ProcessEnv = {}): Promise<Firefox> {
    const folder = mkdtempSync(`${tmpdir()}/carillon-firefox-`);
    const lines = Object.entries({ ...always, ...preferences }).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
    );
    writeFileSync(`${folder}/user.js`, lines.join('\n'));
    const args = ['--headless', '--no-remote', '--profile', folder, '--remote-debugging-port', '0'];
    const child = spawn('firefox-esr', args, {
      env: { ...process.env, HOME: folder, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stderr.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        const found = /WebDriver BiDi listening on (ws:\S+)/.exec(text)?.[1];
        if (found) resolve(found);
      });
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`firefox-esr ended with ${code}: ${text}`)));
    });
    const socket = new WebSocket(`${url}/session`);
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    const firefox = new Firefox(child, socket, folder);
    await firefox.command('session.new', { capabilities: { alwaysMatch: { acceptInsecureCerts: true } } });
    await firefox.command('session.subscribe', { events: ['browsingContext.contextCreated', 'log.entryAdded'] });
    return firefox;
  }

  async command(method: string, params: unknown = {}, ms = 20_000): Promise<any> {
    const id = this.nextId++;
    const answer = await new Promise<any>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer in ${ms} ms`)), ms);
      this.waiting.set(id, (said) => {
        clearTimeout(timer);
        resolve(said);
      });
      this.socket.send(JSON.stringify({ id, method, params }));
    });
    if (answer.type === 'success') return answer.result;
    throw new Error(`${method}: ${answer.error}: ${answer.message}`);
  }

  /** A permission of the Permissions API: `notifications`, say. */
  async allow(origin: string, name: string): Promise<void> {
    await this.command('permissions.setPermission', { descriptor: { name }, state: 'granted', origin });
  }

  /** Runs in every page before its own code. */
  async beforePages(code: () => void): Promise<void> {
    await this.command('script.addPreloadScript', { functionDeclaration: code.toString() });
  }

  async open(url: string): Promise<Tab> {
    const { context } = await this.command('browsingContext.create', { type: 'tab' });
    await this.command('browsingContext.navigate', { context, url, wait: 'complete' });
    return new Tab(this, context as string);
  }

  async tabs(): Promise<{ tab: Tab; url: string }[]> {
    const { contexts } = await this.command('browsingContext.getTree', { maxDepth: 0 });
    return (contexts as { context: string; url: string }[]).map(({ context, url }) => ({
      tab: new Tab(this, context),
      url,
    }));
  }

  /** At once: asked to end, it waits for its own parts for up to a minute, and there is nothing that it has to keep. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await ended;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

export class Tab {
  constructor(
    private readonly firefox: Firefox,
    readonly context: string,
  ) {}

  /**
   * Runs it in the page, as if the user had just clicked; arguments and result are JSON. Not for long waits: a page that
   * goes away meanwhile answers nothing.
   */
  async evaluate<T, A extends unknown[]>(code: (...args: A) => T, ...args: A): Promise<Awaited<T>> {
    const params = {
      functionDeclaration: `async (json) => JSON.stringify((await (${code.toString()})(...JSON.parse(json))) ?? null)`,
      arguments: [{ type: 'string', value: JSON.stringify(args) }],
      target: { context: this.context },
      awaitPromise: true,
      userActivation: true,
    };
    const { result, exceptionDetails } = await this.firefox.command('script.callFunction', params, 3000);
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    return JSON.parse(result.value) as Awaited<T>;
  }

  /** Asks again and again until the answer is neither false nor null; also while the page is being loaded. */
  async until<T, A extends unknown[]>(ms: number, code: (...args: A) => T, ...args: A): Promise<Awaited<T>> {
    const end = Date.now() + ms;
    for (;;) {
      const answer = await this.evaluate(code, ...args).catch((error: Error) => error);
      if (answer && !(answer instanceof Error)) return answer;
      if (Date.now() > end) {
        const text = await this.evaluate(() => document.body.innerText).catch(String);
        throw new Error(`not in ${ms} ms (${String(answer)}): ${code.toString()}\n${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Until there is an element with this data-testid, that is not disabled. */
  async see(testId: string, ms = 10_000): Promise<void> {
    await this.until(ms, (id) => !!document.querySelector(`[data-testid="${id}"]:not([disabled])`), testId);
  }
  async click(testId: string): Promise<void> {
    await this.see(testId);
    await this.evaluate((id) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`)!.click(), testId);
  }
  async fill(testId: string, text: string): Promise<void> {
    await this.see(testId);
    await this.evaluate(
      (id, value) => {
        const input = document.querySelector<HTMLInputElement>(`[data-testid="${id}"]`)!;
        input.value = value;
        input.dispatchEvent(new Event('input', { bubbles: true }));
      },
      testId,
      text,
    );
  }

  async close(): Promise<void> {
    await this.firefox.command('browsingContext.close', { context: this.context });
  }
}
