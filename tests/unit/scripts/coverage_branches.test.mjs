// scripts/coverage-branches.mjs: what no test has shown is found, and only what a test could show.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gaps, known, merged } from '../../../scripts/coverage-branches.mjs';

const filename = 'src/call/call.cpp';
const source = `int sign(int number) {
  if (number < 0) return -1;
  check(number != 7, "seven is no number");
  switch (number) {
    case 0: return 0;
  }
  return 1;
}
friend bool operator==(const A&, const A&) = default;
`;
/** A branch of `text` in the source, as llvm-cov has it. */
function branch(text, taken, passed) {
  const at = source.indexOf(text);
  const line = source.slice(0, at).split('\n').length;
  const column = at - source.lastIndexOf('\n', at);
  return [line, column, line, column + text.length, taken, passed, 0, 0, 4];
}
const keys = (branches, segments = []) => gaps({ filename, branches, segments }, source).map(({ key }) => key);

test('a condition that went one way only is a gap, with what it says and which way is missing', () => {
  assert.deepEqual(keys([branch('number < 0', 3, 5)]), []);
  assert.deepEqual(keys([branch('number < 0', 0, 5)]), [`${filename}: never true: number < 0`]);
  assert.deepEqual(keys([branch('number < 0', 3, 0)]), [`${filename}: never false: number < 0`]);
  assert.deepEqual(gaps({ filename, branches: [branch('number < 0', 3, 0)], segments: [] }, source)[0].line, 2);
});

test('what one program or template has not taken, another may have', () => {
  const both = [branch('number < 0', 0, 5), branch('number < 0', 2, 0)];
  assert.deepEqual(keys(both), []);
  assert.equal(merged(both).length, 1);
});

test('no test can show a broken assertion, an enum without a name, or a comparison that nobody wrote', () => {
  assert.deepEqual(keys([branch('number != 7', 3, 0)]), []);
  assert.deepEqual(keys([[4, 11, 4, 17, 0, 3, 0, 0, 4]]), []); // the condition of the switch
  assert.deepEqual(keys([branch('operator==', 3, 0)]), []);
  assert.deepEqual(keys([branch('case 0', 0, 3)]), [`${filename}: never true: case 0`]);
});

test('a block that never ran is a gap', () => {
  const segments = (count) => [
    [1, 22, count, true, true, false],
    [8, 2, 0, false, false, false],
  ];
  assert.deepEqual(keys([], segments(1)), []);
  assert.match(keys([], segments(0))[0], /^src\/call\/call\.cpp: never runs: \{ if \(number < 0\)/);
});

test('a reason belongs to one gap, and one without a reason is refused', () => {
  const map = known('# a remark\n\nsrc/a.cpp: never true: a | b | since c holds\n');
  assert.deepEqual([...map], [['src/a.cpp: never true: a | b', 'since c holds']]);
  assert.throws(() => known('src/a.cpp: never true: a\n'), /expected "what \| why"/);
});
