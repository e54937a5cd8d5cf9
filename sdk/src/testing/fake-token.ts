// Access tokens as good as any for the fake server: it believes whatever they say.

import { claimsOf } from '../claims.js';

export interface FakeClaims {
  sub: string;
  name?: string;
  device?: string;
  exp?: number;
}

/** An unsigned token. */
export function fakeToken(claims: FakeClaims): string {
  const bytes = new TextEncoder().encode(JSON.stringify(claims));
  const payload = btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (char) =>
    char === '+' ? '-' : char === '/' ? '_' : '',
  );
  return `e30.${payload}.x`;
}

/** What is no JWT is the name of its user. */
export function readToken(token: string): FakeClaims {
  return (claimsOf(token) as FakeClaims | null) ?? { sub: token };
}

export function hasExpired(token: string): boolean {
  const { exp } = readToken(token);
  return exp !== undefined && exp * 1000 < Date.now();
}
