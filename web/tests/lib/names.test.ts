import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { colorOf, displayName, initials, listNames, tidyName, userIdFromName } from '../../src/lib/names';

describe('userIdFromName', () => {
  it.each([
    ['Alice', 'alice'],
    ['  Ana María  López ', 'ana-maria-lopez'],
    ["Seán O'Brien", 'sean-o-brien'],
    ['Bob 2', 'bob-2'],
    ['نور الهدى', 'نور-الهدى'],
    ['山田 太郎', '山田-太郎'],
    ['<img src=x>', 'img-src-x'],
    ['!!!', ''],
    ['', ''],
  ])('%s is %s', (name, id) => expect(userIdFromName(name)).toBe(id));

  it('is short, and gives itself again, for any name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (name) => {
        const id = userIdFromName(name);
        expect([...id].length).toBeLessThanOrEqual(40);
        expect(id).not.toMatch(/^-|-$|\s|[<>&"']/u);
        expect(userIdFromName(id)).toBe(id);
      }),
    );
  });
});

describe('tidyName', () => {
  it('takes out what would turn the text of its neighbours around', () => {
    expect(tidyName('Bob\u202egnp.exe')).toBe('Bob gnp.exe');
    expect(tidyName('a\u0000b\n c')).toBe('a b c');
  });
});

describe('displayName', () => {
  it('is the id where there is no name', () => {
    expect(displayName(undefined, 'bob')).toBe('bob');
    expect(displayName(' \u200f ', 'bob')).toBe('bob');
    expect(displayName('Bob', 'bob')).toBe('Bob');
  });
});

describe('listNames', () => {
  it('says who, and how many more', () => {
    expect(listNames([])).toBe('');
    expect(listNames(['Ana'])).toBe('Ana');
    expect(listNames(['Ana', 'Ben'])).toBe('Ana and Ben');
    expect(listNames(['Ana', 'Ben', 'Cem'])).toBe('Ana, Ben and Cem');
    expect(listNames(['Ana', 'Ben', 'Cem', 'Dee'])).toBe('Ana, Ben and 2 others');
    expect(listNames(['Ana', 'Ben', 'Cem'], 2)).toBe('Ana and 2 others');
    expect(listNames(['Ana', 'Ben', 'Cem', 'Dee', 'Eva'], 1)).toBe('Ana and 4 others');
  });
});

describe('initials', () => {
  it.each([
    ['Ben Okafor', 'BO'],
    ['ana', 'A'],
    ['Ana María de la Cruz', 'AC'],
    ['<b>bold</b>', 'B'],
    ['é́mile', 'É́'],
    ['', '?'],
    ['🙂', '?'],
  ])('%s has %s', (name, letters) => expect(initials(name)).toBe(letters));
});

describe('colorOf', () => {
  it('is the same each time, and uses all colours', () => {
    const seen = new Set(Array.from({ length: 200 }, (_, i) => colorOf(`user-${i}`, 8)));
    expect(seen.size).toBe(8);
    expect(colorOf('ana', 8)).toBe(colorOf('ana', 8));
  });
});
