// A server whose users sign in with tokens of a secret that the trial knows, with a certificate or without, and what it
// counts; fetch() would trust no certificate of ours.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { Authority } from '../e2e/support/certificates.ts';
import { Server, type Counts } from '../e2e/support/server.ts';
import { leftovers } from './measure.ts';
import { pause } from './random.ts';

export const secret = 'a secret of an app that is long enough, for trials';

export class Started {
  private constructor(
    readonly server: Server,
    /** Who has signed its certificate, if it has one. */
    readonly ca: Buffer | undefined,
  ) {}

  static async start(args: string[], { tls }: { tls: boolean }): Promise<Started> {
    const env = { CARILLON_AUTH_SECRET: secret };
    if (!tls) return new Started(await Server.start(args, { env }), undefined);
    const authority = Authority.make();
    const folder = mkdtempSync(`${tmpdir()}/carillon-tls-`);
    try {
      const { key, cert } = authority.issue();
      const [keyFile, certificateFile] = [`${folder}/key.pem`, `${folder}/cert.pem`];
      writeFileSync(keyFile, key);
      writeFileSync(certificateFile, cert);
      const files = ['--http-tls-key-file', keyFile, '--http-tls-certificate-file', certificateFile];
      return new Started(await Server.start([...files, ...args], { env }), authority.pem);
    } finally {
      rmSync(folder, { recursive: true }); // it has been read
      authority.remove();
    }
  }

  /** On a connection of its own, which is closed at once: one that is kept would be counted with those of the trial. */
  get(path: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const options = { agent: false, ca: this.ca };
      const request = (this.ca ? https : http).get(`${this.server.url}${path}`, options, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (part: string) => (body += part));
        response.on('end', () => resolve({ status: response.statusCode!, body }));
      });
      request.on('error', reject);
    });
  }
  async counts(): Promise<Counts> {
    return JSON.parse((await this.get('/v1/debug/counts')).body) as Counts;
  }

  /** What is still there when nothing should be; half a minute is waited for it to go. */
  async left(): Promise<string[]> {
    const end = Date.now() + 30_000;
    for (;;) {
      const left = leftovers(await this.counts());
      if (left.length === 0 || Date.now() > end) return left;
      await pause(200);
    }
  }
}
