// The part of a ServiceWorkerGlobalScope that this toolkit uses. TypeScript has these types in a library that cannot be
// loaded beside that of pages; and so that tests can give something else.

export interface WorkerScope {
  readonly location: { readonly href: string };
  readonly registration: WorkerRegistration;
  readonly clients: WorkerClients;
  readonly navigator?: { setAppBadge?(): Promise<void> };
  readonly MessageChannel: new () => { port1: WorkerPort; port2: WorkerPort };
  fetch(address: string, init: RequestInit): Promise<Response>;
  addEventListener<K extends keyof WorkerEvents>(type: K, listener: (event: WorkerEvents[K]) => void): void;
}

export interface WorkerEvents {
  push: WorkerEvent & { readonly data: { json(): unknown } | null };
  notificationclick: WorkerEvent & { readonly notification: ShownNotification; readonly action: string };
  notificationclose: WorkerEvent & { readonly notification: ShownNotification };
  pushsubscriptionchange: WorkerEvent & {
    readonly oldSubscription?: WorkerSubscription | null;
    readonly newSubscription?: WorkerSubscription | null;
  };
}

export interface WorkerEvent {
  waitUntil(work: Promise<unknown>): void;
}

export interface WorkerRegistration {
  readonly scope: string;
  readonly pushManager: {
    subscribe(options: {
      userVisibleOnly: boolean;
      applicationServerKey: ArrayBuffer | Uint8Array<ArrayBuffer>;
    }): Promise<WorkerSubscription>;
  };
  showNotification(title: string, options: CallNotificationOptions): Promise<void>;
  getNotifications(filter: { tag?: string }): Promise<readonly ShownNotification[]>;
}

export interface WorkerSubscription {
  readonly endpoint: string;
  readonly options?: { readonly applicationServerKey?: ArrayBuffer | null };
}

export interface WorkerPort {
  onmessage: ((event: { data: unknown }) => void) | null;
  close(): void;
}

export interface WorkerClients {
  matchAll(filter: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly WindowOfApp[]>;
  openWindow(address: string): Promise<unknown>;
}

export interface WindowOfApp {
  readonly url: string;
  readonly focused: boolean;
  readonly visibilityState: 'visible' | 'hidden';
  focus(): Promise<unknown>;
  postMessage(message: unknown, transfer?: WorkerPort[]): void;
}

export interface ShownNotification {
  readonly tag: string;
  readonly data: unknown;
  close(): void;
}

/** What a notification may say; browsers ignore what they do not know. */
export interface CallNotificationOptions {
  body: string;
  tag: string;
  data: unknown;
  icon?: string | undefined;
  badge?: string | undefined;
  renotify?: boolean;
  requireInteraction?: boolean;
  silent?: boolean;
  vibrate?: number[];
  timestamp?: number;
  actions?: { action: string; title: string; icon?: string | undefined }[];
}
