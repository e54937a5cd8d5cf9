// Fetches an access token from a server that runs with --dev. A real app gets its tokens from its own backend instead.
import type { Named } from './model';

/** The server answered, and said no: asking again will not help. */
export class TokenRefused extends Error {
  constructor(readonly status: number) {
    super(`the server refused a token: ${status}`);
  }
}

export async function fetchDevToken(fetcher: typeof fetch, me: Named): Promise<string> {
  const response = await fetcher('/dev/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: me.userId, name: me.name }),
    signal: AbortSignal.timeout(10_000),
  });
  if (response.status >= 500) throw new Error(`the server failed: ${response.status}`);
  if (!response.ok) throw new TokenRefused(response.status);
  const body: unknown = await response.json();
  const token = typeof body === 'object' && body !== null ? (body as { token?: unknown }).token : undefined;
  if (typeof token !== 'string') throw new TokenRefused(response.status);
  return token;
}
