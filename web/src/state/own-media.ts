// The person's own microphone, camera and screen in a call: the buttons, and what is told when one of them fails.
import { CarillonError, type CarillonErrorCode, type LocalSource } from 'carillon-sdk';
import { mediaErrorWords } from './model';
import type { Notices } from './notices';
import type { Store } from './store';

type Source = LocalSource['source'];

/** What is said when it has been switched off, and on. */
const done: Readonly<Record<Source, readonly [off: string, on: string]>> = {
  microphone: ['Microphone off.', 'Microphone on.'],
  camera: ['Camera off.', 'Camera on.'],
  screen: ['You stopped sharing your screen.', 'You share your screen.'],
};

export class OwnMedia {
  readonly #store: Store;
  readonly #notices: Notices;

  constructor(store: Store, notices: Notices) {
    this.#store = store;
    this.#notices = notices;
  }

  /** A microphone is muted and stays open, so that it is back at once; what can be seen of a person is closed. */
  async toggle(source: LocalSource | undefined): Promise<void> {
    if (!source) return;
    const which = source.source;
    const hears = which === 'microphone';
    const on = source.enabled && !(hears && source.muted);
    try {
      if (on) await (hears ? source.mute() : source.disable());
      else if (hears && source.enabled) await source.unmute();
      else await source.enable(which === 'screen' ? { audio: true } : undefined);
      this.#notices.say(done[which][on ? 0 : 1], false);
    } catch (error) {
      this.failed(error instanceof CarillonError ? error.code : 'media-failed', which);
    }
  }

  /**
   * Also when it fails by itself, as the call tells. One notice where the camera and the microphone fail for the same
   * reason, as they do when the browser forbids both.
   */
  failed(code: CarillonErrorCode, source: Source | null): void {
    const words = mediaErrorWords(code, source);
    if (!words) return;
    const both = mediaErrorWords(code, 'both') ?? words;
    const other = source === 'camera' ? 'microphone' : source === 'microphone' ? 'camera' : null;
    const shown = this.#store.notices.value;
    const pair = other && shown.find((one) => one.text === mediaErrorWords(code, other));
    if (pair) this.#notices.dismiss(pair.id);
    this.#notices.notify(pair || (other && shown.some((one) => one.text === both)) ? both : words, 'warning');
  }
}
