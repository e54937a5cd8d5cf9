// What the service worker says to this page, and what it wrote into the page's address: which notification was clicked,
// and does this call ring here?

import type { Calls } from './calls.js';
import type { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import type { IncomingCalls } from './incoming-calls.js';
import type { PushImpl } from './push.js';
import type { PushPlatform } from './push-platform.js';
import type { NotificationClick } from './types.js';
import { isWorkerWord, wordOf, type RingAnswer, type WorkerWord } from './worker-words.js';

export interface ClicksContext {
  readonly platform: PushPlatform;
  readonly connection: Pick<Connection, 'probe' | 'state'>;
  readonly calls: Pick<Calls, 'get'>;
  readonly incoming: Pick<IncomingCalls, 'ringing'>;
  readonly push: Pick<PushImpl, 'handleSubscription'>;
}

export type ClicksEvents = { click: [click: NotificationClick] };

type Call = Extract<WorkerWord, { callId: string }>;

/** A connection that does not stand shows it in 3 s, and is mended in as long again. */
const FIND_TIMEOUT_MS = 8_000;

export class Clicks extends Emitter<ClicksEvents> {
  readonly #context: ClicksContext;
  /** A click on a call that does not ring here, or not yet. One person, one click. */
  #wanted: { word: Call; timer: ReturnType<typeof setTimeout> } | null = null;
  #launch: WorkerWord | null;
  #asked: { callId: string; reply: (answer: RingAnswer) => void }[] = [];

  constructor(context: ClicksContext) {
    super();
    this.#context = context;
    context.platform.onMessage((message, reply) => this.#handleMessage(message, reply));
    this.#launch = wordOf(context.platform.takeLaunch() ?? '');
  }

  /** The server has told which calls ring. */
  handleWelcome(): void {
    const launch = this.#launch;
    this.#launch = null;
    if (launch) this.#handleWord(launch);
    for (const { callId } of this.#asked) this.handleRing(callId);
    if (!this.#wanted) return;
    this.#tell(this.#wanted.word); // What the welcome does not name is over.
  }

  /** This call rings here now, and the app has been told. */
  handleRing(callId: string): void {
    if (this.#wanted?.word.callId === callId) this.#tell(this.#wanted.word);
    const asked = this.#asked.filter((one) => one.callId === callId);
    this.#asked = this.#asked.filter((one) => one.callId !== callId);
    const rings = this.#context.incoming.ringing(callId) !== undefined;
    for (const { reply } of asked) reply({ rings });
  }

  #handleMessage(message: unknown, reply: (answer: RingAnswer) => void): void {
    // The app has ended the connection: another client may be the page's now.
    if (!isWorkerWord(message) || this.#context.connection.state === 'closed') return;
    if (message.type === 'carillon-ring') this.#answer(message.callId, reply);
    else this.#handleWord(message);
  }

  #handleWord(word: WorkerWord): void {
    switch (word.type) {
      case 'carillon-subscription':
        return this.#context.push.handleSubscription();
      case 'carillon-history':
        return this.emit('click', { action: 'history', callId: null, call: null });
      case 'carillon-ring':
        return; // A question, and answered as one.
      case 'carillon-accept':
      case 'carillon-open':
        return this.#find(word);
    }
  }

  #find(word: Call): void {
    clearTimeout(this.#wanted?.timer);
    const timer = setTimeout(() => this.#tell(word), FIND_TIMEOUT_MS);
    this.#wanted = { word, timer };
    if (this.#isHere(word.callId)) return this.#tell(word);
    // It was pushed to us though we seem to be connected: perhaps we are not.
    const { connection } = this.#context;
    if (connection.state === 'connected') connection.probe();
  }

  #tell(word: Call): void {
    clearTimeout(this.#wanted?.timer);
    this.#wanted = null;
    if (this.#context.calls.get(word.callId)) return; // It is on, or is being answered: what was wanted.
    const action = word.type === 'carillon-accept' ? 'accept' : 'open';
    this.emit('click', { action, callId: word.callId, call: this.#context.incoming.ringing(word.callId) ?? null });
  }

  #answer(callId: string, reply: (answer: RingAnswer) => void): void {
    const { connection } = this.#context;
    if (this.#isHere(callId)) return reply({ rings: true });
    if (connection.state !== 'connected') return reply({ rings: false });
    // The worker waits a second for a better answer, and then shows the call itself.
    this.#asked = [...this.#asked.slice(-7), { callId, reply }];
    connection.probe();
  }

  /** It rings here and the app knows of it, or it is a call of this device already. */
  #isHere(callId: string): boolean {
    const { calls, incoming } = this.#context;
    return (incoming.ringing(callId) ?? calls.get(callId)) !== undefined;
  }
}
