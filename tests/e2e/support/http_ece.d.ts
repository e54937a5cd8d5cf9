// What the tests use of http_ece, which has no types of its own.
declare module 'http_ece' {
  import type { ECDH } from 'node:crypto';
  interface Parameters {
    version: 'aes128gcm';
    privateKey: ECDH;
    authSecret: string | Buffer;
  }
  const ece: {
    decrypt(body: Buffer, parameters: Parameters): Buffer;
    /** `dh`: the public key of who reads it. */
    encrypt(plaintext: Buffer, parameters: Parameters & { dh: string }): Buffer;
  };
  export default ece;
}
