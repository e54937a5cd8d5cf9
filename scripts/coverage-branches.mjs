// Reads what `llvm-cov export` says of one file: pure, so that it can be tested.

/** Branches as {line, column, endLine, endColumn, taken, passed}: a place once, whichever template or program has run it. */
export function merged(branches) {
  const places = new Map();
  for (const [line, column, endLine, endColumn, taken, passed] of branches) {
    const place = `${line}:${column}-${endLine}:${endColumn}`;
    const one = places.get(place) ?? { line, column, endLine, endColumn, taken: 0, passed: 0 };
    one.taken += taken;
    one.passed += passed;
    places.set(place, one);
  }
  return [...places.values()];
}

/** The text between two places, on one line. */
function snippet(lines, { line, column, endLine, endColumn }) {
  const picked = lines.slice(line - 1, endLine);
  picked[picked.length - 1] = picked.at(-1).slice(0, endColumn - 1);
  picked[0] = picked[0].slice(column - 1);
  return picked.join(' ').replace(/\s+/g, ' ').trim();
}

/** Where in `source` the parentheses begin and end that follow `word`, as offsets. */
function parentheses(source, word) {
  return [...source.matchAll(new RegExp(`\\b${word} ?\\(`, 'g'))].map((match) => {
    const begin = match.index + match[0].length;
    let depth = 1;
    let end = begin;
    for (; depth > 0 && end < source.length; end++) depth += source[end] === '(' ? 1 : source[end] === ')' ? -1 : 0;
    return { begin, end };
  });
}

/**
 * What no test has shown of a file: branches that were never true or never false, and blocks that never ran. A key has no
 * line number, so that it holds while the file moves: "src/call/call.cpp: never true: person.ringing()".
 *
 * Not asked for, since no test could: that what check() asserts is false, that a switch over all values of an enum meets
 * another one, and both sides of a comparison that the compiler writes.
 */
export function gaps({ filename, branches, segments }, source) {
  const lines = source.split('\n');
  const starts = lines.reduce((sums, line) => [...sums, sums.at(-1) + line.length + 1], [0]);
  const offset = ({ line, column }) => starts[line - 1] + column - 1;
  const within = (ranges, place) => ranges.some(({ begin, end }) => offset(place) >= begin && offset(place) < end);
  const asserted = parentheses(source, 'check');
  const switched = parentheses(source, 'switch');

  const found = [];
  const add = (what, place) => found.push({ key: `${filename}: ${what}: ${snippet(lines, place)}`, line: place.line });
  for (const branch of merged(branches)) {
    if (/= default;/.test(lines[branch.line - 1]) || within(asserted, branch) || within(switched, branch)) continue;
    if (branch.taken === 0) add('never true', branch);
    if (branch.passed === 0) add('never false', branch);
  }
  segments.forEach(([line, column, count, counted, begins], i) => {
    const [endLine, endColumn] = segments[i + 1] ?? [lines.length, 0];
    const text = snippet(lines, { line, column, endLine, endColumn });
    if (begins && counted && count === 0 && text.startsWith('{'))
      add('never runs', { line, column, endLine, endColumn });
  });
  return found;
}

/** Lines of "key | reason"; a line that begins with # is a remark. */
export function known(text) {
  const entries = text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const at = line.lastIndexOf(' | ');
      if (at < 0) throw new Error(`expected "what | why": ${line}`);
      return [line.slice(0, at).trim(), line.slice(at + 3).trim()];
    });
  return new Map(entries);
}
