// A typed event emitter of a few lines. A listener that throws is reported, and does not stop the others.

/** Event name → the arguments its listeners get. */
export type EventMap = { [name: string]: unknown[] };

/** Ends what `on` began. Calling it twice is harmless. */
export type Unsubscribe = () => void;

/** The `emit` of one object, in the hands of its parts. */
export type Tell<Events extends { [K in keyof Events]: unknown[] }> = <K extends keyof Events>(
  event: K,
  ...args: Events[K]
) => void;

type Listener = (...args: never[]) => void;

export class Emitter<Events extends { [K in keyof Events]: unknown[] }> {
  readonly #listeners = new Map<keyof Events, Set<Listener>>();

  /** Calls `listener` at each `event`, until the returned function is called. */
  on<K extends keyof Events>(event: K, listener: (...args: Events[K]) => void): Unsubscribe {
    let set = this.#listeners.get(event);
    if (!set) this.#listeners.set(event, (set = new Set()));
    // Wrapped, so that the same function given twice is two subscriptions, as with addEventListener options.
    const entry: Listener = (...args: never[]) => listener(...(args as unknown as Events[K]));
    set.add(entry);
    return () => void set.delete(entry);
  }

  /** Calls `listener` at the next `event` only. */
  once<K extends keyof Events>(event: K, listener: (...args: Events[K]) => void): Unsubscribe {
    const off = this.on(event, (...args) => {
      off();
      listener(...args);
    });
    return off;
  }

  /** Takes every listener away. */
  protected clearListeners(): void {
    this.#listeners.clear();
  }

  protected emit<K extends keyof Events>(event: K, ...args: Events[K]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        listener(...(args as unknown as never[]));
      } catch (error) {
        // The app's bug must reach its own error reporting, and must not break the call.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
