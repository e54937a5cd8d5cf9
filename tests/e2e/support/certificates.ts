// A certificate authority that nobody trusts but the server under test, made anew for each run.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';

export interface Identity {
  key: Buffer;
  cert: Buffer;
}

export class Authority {
  private constructor(private readonly folder: string) {}

  static make(name = 'Tests of Carillon'): Authority {
    const authority = new Authority(mkdtempSync(`${tmpdir()}/carillon-ca-`));
    const files = ['-keyout', authority.keyFile, '-out', authority.file];
    openssl('req', '-x509', ...newKey, ...files, '-days', '2', '-subj', `/CN=${name}`);
    return authority;
  }

  /** The certificate, PEM: what `--push-ca-file` takes. */
  get file(): string {
    return `${this.folder}/ca.pem`;
  }
  get pem(): Buffer {
    return readFileSync(this.file);
  }
  private get keyFile(): string {
    return `${this.folder}/ca.key`;
  }

  /** A server's pair, good for these names and addresses. */
  issue(names = ['localhost'], addresses = ['127.0.0.1', '::1']): Identity {
    const [key, cert] = [`${this.folder}/leaf.key`, `${this.folder}/leaf.pem`];
    const alternatives = [...names.map((name) => `DNS:${name}`), ...addresses.map((address) => `IP:${address}`)];
    const signer = ['-CA', this.file, '-CAkey', this.keyFile, '-days', '2', '-subj', `/CN=${names[0]}`];
    const subject = ['-addext', `subjectAltName=${alternatives.join(',')}`, '-addext', 'basicConstraints=CA:FALSE'];
    openssl('req', '-x509', ...newKey, '-keyout', key, '-out', cert, ...signer, ...subject);
    return { key: readFileSync(key), cert: readFileSync(cert) };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
