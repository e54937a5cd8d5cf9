// What FCM HTTP v1 takes, field by field, and of that what a call may look like: data only, so that the app itself wakes.
import type { Incoming } from './https-listener.ts';

/** A request that is wrong, with the canonical status that Google's APIs answer. */
export class FcmRefusal extends Error {
  constructor(
    readonly code: number,
    readonly status: string,
    message: string,
  ) {
    super(message);
  }
}

export interface FcmMessage {
  token: string;
  data: Record<string, string>;
  android: { priority: 'HIGH' | 'NORMAL'; ttl: string; collapse_key?: string; direct_boot_ok?: boolean };
  apns: { headers: Record<string, string>; payload?: unknown };
}

const knownHeaders =
  /^(:method|:scheme|:authority|:path|host|connection|user-agent|accept|content-length|content-type|authorization)$/;

function checkRequest({ method, headers }: Incoming, contentType: string): void {
  const unknown = Object.keys(headers).filter((name) => !knownHeaders.test(name));
  if (unknown.length > 0) throw wrong(`headers: ${unknown.join(', ')}`);
  if (method !== 'POST') throw new FcmRefusal(404, 'NOT_FOUND', method);
  const type = headers['content-type']?.replace(/; ?charset=utf-8$/i, '');
  if (type !== contentType) throw wrong(`Content-Type: ${headers['content-type']}`);
}

/** The assertion of RFC 7523 section 2.1. */
export function checkAssertionForm(incoming: Incoming): string {
  checkRequest(incoming, 'application/x-www-form-urlencoded');
  const form = new URLSearchParams(incoming.body.toString());
  const names = [...form.keys()].sort().join();
  if (names !== 'assertion,grant_type') throw wrong(`a form of ${names}`);
  const grant = form.get('grant_type');
  if (grant !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') throw wrong(`grant_type: ${grant}`);
  return form.get('assertion')!;
}

export function checkMessage(incoming: Incoming): FcmMessage {
  checkRequest(incoming, 'application/json');
  const { message } = only(JSON.parse(incoming.body.toString()), 'body', ['message']);
  const { token, data, android, apns } = only(message, 'message', ['token', 'data', 'android', 'apns']);
  if (typeof token !== 'string') throw wrong('message.token');
  checkData(data);
  const { priority, ttl, ...more } = only(android, 'android', ['priority', 'ttl'], ['collapse_key', 'direct_boot_ok']);
  if (!/^(HIGH|NORMAL)$/.test(String(priority))) throw wrong(`android.priority: ${String(priority)}`);
  if (!/^\d{1,7}s$/.test(String(ttl))) throw wrong(`android.ttl: ${String(ttl)}`);
  if (typeof (more.collapse_key ?? '') !== 'string') throw wrong('android.collapse_key');
  if (typeof (more.direct_boot_ok ?? true) !== 'boolean') throw wrong('android.direct_boot_ok');
  checkApns(apns);
  return message as FcmMessage;
}

function checkData(data: unknown): void {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw wrong('message.data');
  for (const [name, value] of Object.entries(data)) {
    if (typeof value !== 'string') throw wrong(`message.data.${name}: ${typeof value}`);
    if (/^(from|message_type|google.*|gcm.*)$/.test(name)) throw wrong(`message.data.${name} is reserved`);
  }
  const size = Buffer.byteLength(JSON.stringify(data));
  if (size > 4096) throw wrong(`message.data of ${size} bytes`);
}

function checkApns(apns: unknown): void {
  const { headers } = only(apns, 'apns', ['headers'], ['payload']);
  const required = ['apns-push-type', 'apns-priority', 'apns-expiration'];
  const all = only(headers, 'apns.headers', required, ['apns-collapse-id', 'apns-topic']);
  for (const [name, value] of Object.entries(all)) {
    if (typeof value !== 'string') throw wrong(`apns.headers.${name}: ${typeof value}`);
  }
  if (!/^(alert|background|voip)$/.test(String(all['apns-push-type']))) throw wrong('apns-push-type');
  if (!/^(1|5|10)$/.test(String(all['apns-priority']))) throw wrong('apns-priority');
  if (!/^\d{10}$/.test(String(all['apns-expiration']))) throw wrong('apns-expiration: seconds since the epoch');
  if (Buffer.byteLength((all['apns-collapse-id'] as string | undefined) ?? '') > 64) throw wrong('apns-collapse-id');
}

/** An object with these members, and perhaps those. */
function only(value: unknown, name: string, required: string[], optional: string[] = []): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`${name} is no object`);
  const missing = required.filter((member) => !(member in value));
  const unknown = Object.keys(value).filter((member) => ![...required, ...optional].includes(member));
  if (missing.length + unknown.length > 0) throw wrong(`${name} lacks [${missing.join()}], has [${unknown.join()}]`);
  return value as Record<string, unknown>;
}

const wrong = (message: string): FcmRefusal => new FcmRefusal(400, 'INVALID_ARGUMENT', message);
