// Names of people: how they are said in a list, shortened for a picture, and turned into a user id.
// Nothing here makes HTML; every name is set as text, inside <bdi>, so that its direction stays its own.

/** A name that is safe to put into a sentence: no control or direction characters, no runs of blanks. */
export function tidyName(name: string): string {
  return name
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
}

/** What to call somebody of whom only the id may be known. */
export function displayName(name: string | undefined, userId: string): string {
  return tidyName(name ?? '') || userId;
}

/** `Ana`, `Ana and Ben`, `Ana, Ben and 3 others`. */
export function listNames(names: readonly string[], shown_max = 3): string {
  const [first = '', second = ''] = names;
  if (names.length <= 1) return first;
  if (names.length === 2) return `${first} and ${second}`;
  if (names.length <= shown_max) {
    return `${names.slice(0, -1).join(', ')} and ${names[names.length - 1] ?? ''}`;
  }
  const shown = names.slice(0, Math.max(1, shown_max - 1));
  const rest = names.length - shown.length;
  return `${shown.join(', ')} and ${rest} other${rest === 1 ? '' : 's'}`;
}

/** One or two letters for the round picture. Whole graphemes, so that a letter keeps its accents. */
export function initials(name: string): string {
  const words = tidyName(name)
    .split(' ')
    .map((word) => word.replace(/^[^\p{L}\p{N}]+/u, ''))
    .filter((word) => word !== '');
  const first = firstGrapheme(words[0] ?? '');
  const last = words.length > 1 ? firstGrapheme(words[words.length - 1] ?? '') : '';
  return (first + last).toLocaleUpperCase() || '?';
}

function firstGrapheme(word: string): string {
  for (const { segment } of new Intl.Segmenter().segment(word)) return segment;
  return '';
}

/** Which of `count` colours a person has, everywhere and always the same. FNV-1a over UTF-16 units. */
export function colorOf(userId: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < userId.length; ++i) {
    hash = Math.imul(hash ^ userId.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash % count;
}

/** The longest user id that a name gives. Enough to tell people apart, short enough to say. */
const user_id_length_max = 40;

/**
 * The user id that belongs to a name: `Ana María` is `ana-maria`, so people can call each other by what they read.
 * A name without a Latin letter or digit keeps its own letters.
 */
export function userIdFromName(name: string): string {
  const tidy = tidyName(name).toLowerCase();
  const plain = tidy.normalize('NFD').replace(/\p{M}+/gu, '');
  const slug = dashes(plain, /[^a-z0-9]+/gu);
  const id = slug !== '' ? slug : dashes(tidy.normalize('NFC'), /[^\p{L}\p{N}\p{M}]+/gu);
  return [...id].slice(0, user_id_length_max).join('').replace(/-+$/u, '');
}

function dashes(text: string, others: RegExp): string {
  return text.replace(others, '-').replace(/^-+|-+$/gu, '');
}
