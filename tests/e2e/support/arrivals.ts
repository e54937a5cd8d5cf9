// Things that come in, in order, and a test that waits for one of them.

export class Arrivals<T extends object> {
  readonly all: T[] = [];
  private readonly taken = new WeakSet<object>();
  private readonly watchers = new Set<() => void>();

  /** `what` names them in failures; `show` makes one short. */
  constructor(
    private readonly what: string,
    private readonly show: (item: T) => string,
  ) {}

  add(item: T): void {
    this.all.push(item);
    this.changed();
  }

  /** The first for which `holds`, that nobody has taken; from the past too. */
  async next(holds: (item: T) => boolean = () => true, ms = 5000): Promise<T> {
    const found = () => this.all.find((item) => !this.taken.has(item) && holds(item));
    await this.until(() => found() !== undefined, ms);
    const item = found()!;
    this.taken.add(item);
    return item;
  }

  /** Until `holds` is true of all that came. */
  async until(holds: (all: readonly T[]) => boolean, ms = 5000): Promise<readonly T[]> {
    const end = Date.now() + ms;
    while (!holds(this.all)) {
      const left = end - Date.now();
      if (left <= 0) throw new Error(`not in ${ms} ms; ${this.what}: ${this.all.map(this.show).join(', ') || 'none'}`);
      await this.change(left);
    }
    return this.all;
  }

  /** Wakes who waits, when something has changed about an item that is here already. */
  changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  private change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.watchers.delete(done);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.watchers.add(done);
    });
  }
}
