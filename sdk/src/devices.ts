// The cameras, microphones and speakers of this machine, and which of them the person chose.

import { Emitter } from './emitter.js';
import type { CaptureEngine } from './engine.js';
import { CarillonError } from './errors.js';
import type { DeviceInfo, DeviceKind, Devices, DevicesEvents } from './types.js';

/** Told when a choice is made, so that running calls follow. */
export type SelectListener = (kind: 'microphone' | 'camera', deviceId: string | null) => Promise<void>;

export class DevicesImpl extends Emitter<DevicesEvents> implements Devices {
  readonly #capture: CaptureEngine;
  readonly #onSelect: SelectListener;
  readonly #selected: Record<DeviceKind, string | null> = {
    microphone: null,
    camera: null,
    speaker: null,
  };
  #all: readonly DeviceInfo[] = [];

  constructor(capture: CaptureEngine, onSelect: SelectListener) {
    super();
    this.#capture = capture;
    this.#onSelect = onSelect;
    capture.onDeviceChange(() => void this.refresh().catch(() => undefined));
  }

  get cameras(): readonly DeviceInfo[] {
    return this.#of('camera');
  }
  get microphones(): readonly DeviceInfo[] {
    return this.#of('microphone');
  }
  get speakers(): readonly DeviceInfo[] {
    return this.#of('speaker');
  }
  get selected(): Readonly<Record<DeviceKind, string | null>> {
    return this.#selected;
  }
  get canSelectSpeaker(): boolean {
    return this.#capture.canSelectSpeaker;
  }
  get canShareScreen(): boolean {
    return this.#capture.canShareScreen;
  }

  async refresh(): Promise<void> {
    const before = this.#all;
    this.#all = await this.#capture.devices();
    if (same(before, this.#all)) return;
    for (const device of before) {
      const { kind, deviceId } = device;
      const gone = deviceId !== '' && !this.#find(kind, deviceId);
      if (!gone || this.#selected[kind] !== deviceId) continue;
      this.#selected[kind] = null;
      if (kind === 'speaker') await this.#capture.setSpeaker(null).catch(() => undefined);
      this.emit('lost', device);
    }
    this.emit('changed');
  }

  async select(kind: DeviceKind, deviceId: string | null): Promise<void> {
    if (deviceId !== null && this.#all.length > 0 && !this.#find(kind, deviceId)) {
      throw new CarillonError('device-not-found', `no such ${kind}`);
    }
    if (this.#selected[kind] === deviceId) return;
    this.#selected[kind] = deviceId;
    this.emit('changed');
    if (kind === 'speaker') await this.#capture.setSpeaker(deviceId);
    else await this.#onSelect(kind, deviceId);
  }

  /** A device stopped while a call used it. */
  handleLost(kind: 'microphone' | 'camera', deviceId: string | null): void {
    if (deviceId !== null && this.#selected[kind] === deviceId) this.#selected[kind] = null;
    const known = this.#all.find((device) => device.kind === kind && device.deviceId === deviceId);
    this.emit('lost', known ?? { kind, deviceId: deviceId ?? '', label: '' });
    void this.refresh().catch(() => undefined);
  }

  #of(kind: DeviceKind): readonly DeviceInfo[] {
    return this.#all.filter((device) => device.kind === kind);
  }

  #find(kind: DeviceKind, deviceId: string): DeviceInfo | undefined {
    return this.#of(kind).find((device) => device.deviceId === deviceId);
  }
}

function same(a: readonly DeviceInfo[], b: readonly DeviceInfo[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
