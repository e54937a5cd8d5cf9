// What a token says, for our own use only: whether it is good is the server's to say.

export function claimsOf(token: unknown): { [claim: string]: unknown } | null {
  try {
    const payload = String(token).split('.')[1] ?? '';
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' && claims !== null ? (claims as { [claim: string]: unknown }) : null;
  } catch {
    return null; // Not a JWT: an app may have its own kind, if its server takes it.
  }
}
