// The people of the gallery, and its clock.
import type { Named, Person } from '../state/model';

/** The gallery's clock: a moment that does not move, so that pictures can be compared. */
export const frozen_now = Date.UTC(2026, 2, 14, 18, 30);

export const me: Named = { userId: 'ines-ferreira', name: 'Inês Ferreira' };
export const ben: Named = { userId: 'ben-okafor', name: 'Ben Okafor' };
export const mara: Named = { userId: 'mara-lindqvist', name: 'Mara Lindqvist' };
export const yusuf: Named = { userId: 'yusuf-demir', name: 'Yusuf Demir' };
export const joan: Named = { userId: 'joan-whitfield', name: 'Joan Whitfield' };
export const noor: Named = { userId: 'noor', name: 'نور الهدى' };
export const html: Named = { userId: 'img-src-x', name: '<img src=x onerror=alert(1)>' };
export const long: Named = {
  userId: 'adalbert-long',
  name: 'Adalbert Maximilian Konstantin von Hohenstein-Wackerbarth zu Unterlangenfeld',
};

export const people: readonly Person[] = [
  { ...ben, devices: 2 },
  { ...mara, devices: 1 },
  { ...yusuf, devices: 1 },
  { ...noor, devices: 1 },
  { ...html, devices: 1 },
  { ...long, devices: 0 },
  { ...joan, devices: 0 },
];

const everybody = [me, ben, mara, yusuf, joan, noor, html, long];
export const nameOf = (userId: string): string => everybody.find((one) => one.userId === userId)?.name ?? userId;
