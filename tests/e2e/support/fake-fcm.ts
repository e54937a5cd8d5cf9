// Firebase Cloud Messaging as far as a server sees it: the OAuth2 token endpoint for service accounts (RFC 7523) and
// HTTP v1 `messages:send`. Strict about every field, able to answer as badly as the real one does.
import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { jwtVerify } from 'jose';
import { Arrivals } from './arrivals.ts';
import type { Authority } from './certificates.ts';
import { checkAssertionForm, checkMessage, FcmRefusal, type FcmMessage } from './fcm-checks.ts';
import { HttpsListener, type Answer, type Incoming } from './https-listener.ts';

/** A message as it came, with what was answered. */
export interface FcmAttempt extends Incoming {
  status: number;
  message: FcmMessage;
}

/** One app on one phone. */
export class Phone {
  readonly token = `${randomBytes(11).toString('base64url')}:APA91b${randomBytes(60).toString('base64url')}`;
  readonly attempts = new Arrivals<FcmAttempt>('attempts', ({ status }) => String(status));
  readonly messages = new Arrivals<FcmAttempt>('messages', ({ message }) => JSON.stringify(message.data));
  /** For the next attempts, one each; then `otherwise`. */
  answers: Answer[] = [];
  otherwise: Answer = sent;

  get types(): string[] {
    return this.messages.all.map(({ message }) => message.data.type!);
  }
  next(type: string, ms?: number): Promise<FcmAttempt> {
    return this.messages.next(({ message }) => message.data.type === type, ms);
  }
}

const sent: Answer = { status: 200 };

/** An error as FCM words it; some name a code of FCM's own in the details. */
export function fcmError(
  code: number,
  status: string,
  errorCode?: string,
  headers: Record<string, string> = {},
): Answer {
  const type = 'type.googleapis.com/google.firebase.fcm.v1.FcmError';
  const details = errorCode ? { details: [{ '@type': type, errorCode }] } : {};
  const body = JSON.stringify({ error: { code, message: `it is ${status}`, status, ...details } });
  return { status: code, headers, body };
}

export class FakeFcm {
  readonly complaints: string[] = [];
  /** Assertions that were verified and answered with a token. */
  readonly tokensGiven: { at: number; token: string }[] = [];
  /** For the next requests for a token, one each; then a token is given. */
  tokenAnswers: Answer[] = [];
  tokenDelayMs = 0;
  readonly project = 'carillon-tests';
  private readonly email = `push@${this.project}.iam.gserviceaccount.com`;
  private readonly keyId = randomBytes(20).toString('hex');
  private readonly publicKey: KeyObject;
  private readonly privatePem: string;
  private readonly good = new Map<string, number>();
  private readonly phones = new Map<string, Phone>();
  private readonly folder = mkdtempSync(`${tmpdir()}/carillon-fcm-`);
  private listener!: HttpsListener;

  private constructor() {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.publicKey = pair.publicKey;
    this.privatePem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  static async start(authority: Authority): Promise<FakeFcm> {
    const fcm = new FakeFcm();
    fcm.listener = await HttpsListener.start(authority.issue(), (incoming) => fcm.take(incoming));
    writeFileSync(
      fcm.accountFile,
      JSON.stringify({
        type: 'service_account',
        project_id: fcm.project,
        private_key_id: fcm.keyId,
        private_key: fcm.privatePem,
        client_email: fcm.email,
        client_id: '100000000000000000000',
        auth_uri: `${fcm.origin}/auth`,
        token_uri: fcm.tokenUri,
        universe_domain: 'googleapis.com',
      }),
    );
    return fcm;
  }

  get origin(): string {
    return this.listener.origin;
  }
  get host(): string {
    return this.listener.host;
  }
  get connections(): number {
    return this.listener.connections;
  }
  get tokenUri(): string {
    return `${this.origin}/token`;
  }
  /** The key file that an operator downloads: what `--push-fcm-service-account-file` takes. */
  get accountFile(): string {
    return `${this.folder}/service-account.json`;
  }
  /** What must never be seen anywhere else. */
  get secrets(): string[] {
    const pem = this.privatePem.split('\n')[1]!;
    return [
      pem,
      ...this.tokensGiven.map(({ token }) => token),
      ...[...this.phones.keys()].map((token) => token.slice(-40)),
    ];
  }

  phone(): Phone {
    const phone = new Phone();
    this.phones.set(phone.token, phone);
    return phone;
  }

  /** Access tokens given so far are good no longer, whatever their time. */
  revokeTokens(): void {
    this.good.clear();
  }

  async close(): Promise<void> {
    await this.listener.close();
    rmSync(this.folder, { recursive: true });
  }

  private async take(incoming: Incoming): Promise<Answer> {
    try {
      if (incoming.path === '/token') return await this.giveToken(incoming);
      if (incoming.path === `/v1/projects/${this.project}/messages:send`) return this.send(incoming);
      throw new FcmRefusal(404, 'NOT_FOUND', `${incoming.method} ${incoming.path}`);
    } catch (error) {
      const { message } = error as Error;
      const { code, status } = error instanceof FcmRefusal ? error : { code: 400, status: 'INVALID_ARGUMENT' };
      this.complaints.push(`${code} ${status}: ${message}`);
      return fcmError(code, status);
    }
  }

  private async giveToken(incoming: Incoming): Promise<Answer> {
    const { payload, protectedHeader } = await jwtVerify(checkAssertionForm(incoming), this.publicKey, {
      algorithms: ['RS256'],
      audience: this.tokenUri,
      issuer: this.email,
    });
    const { iat = 0, exp = 0, scope } = payload;
    const now = Date.now() / 1000;
    if (![undefined, this.keyId].includes(protectedHeader.kid)) throw new Error(`kid: ${protectedHeader.kid}`);
    if (scope !== 'https://www.googleapis.com/auth/firebase.messaging') throw new Error(`scope: ${String(scope)}`);
    if (iat > now + 5 || exp <= now || exp - iat > 3600) throw new Error(`iat ${iat}, exp ${exp} at ${now}`);
    const scripted = this.tokenAnswers.shift();
    if (scripted) return scripted;
    const token = `ya29.${randomBytes(40).toString('base64url')}`;
    const lifetime = 3599;
    this.tokensGiven.push({ at: Date.now(), token });
    this.good.set(token, Date.now() + lifetime * 1000);
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ access_token: token, expires_in: lifetime, token_type: 'Bearer' }),
      delayMs: this.tokenDelayMs,
    };
  }

  private send(incoming: Incoming): Answer {
    const message = checkMessage(incoming);
    const phone = this.phones.get(message.token);
    if (!phone) throw new FcmRefusal(400, 'INVALID_ARGUMENT', 'message.token is none of ours');
    const [, token = ''] = /^Bearer (\S+)$/.exec(incoming.headers.authorization ?? '') ?? [];
    if ((this.good.get(token) ?? 0) < Date.now()) {
      if (!this.tokensGiven.some((given) => given.token === token)) this.complaints.push('a token that we never gave');
      phone.attempts.add({ ...incoming, message, status: 401 });
      return fcmError(401, 'UNAUTHENTICATED');
    }
    const answer = phone.answers.shift() ?? phone.otherwise;
    const attempt = { ...incoming, message, status: answer.status };
    phone.attempts.add(attempt);
    if (answer.status === 200 && !answer.manner) phone.messages.add(attempt);
    if (answer !== sent) return answer;
    const name = `projects/${this.project}/messages/0:${randomBytes(8).toString('hex')}`;
    return { ...sent, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name }) };
  }
}
