// scripts/count-results.mjs: no way to fail may get past the line that ends ./test.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../../scripts/count-results.mjs', import.meta.url));

/** Counts a folder of results with these files; gives the last line, all lines, and the exit status. */
function count(files) {
  const folder = mkdtempSync(join(tmpdir(), 'count-results-'));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    const { stdout, status } = spawnSync('node', [script, folder], { encoding: 'utf8' });
    return { last: stdout.trimEnd().split('\n').at(-1), stdout, status };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ctest = (...entries) =>
  `<testsuite>${entries.map(([name, status]) => `<testcase name="${name}" classname="${name}" time="1" status="${status}"/>`).join('')}</testsuite>`;
const gtest = (...cases) => `<testsuites><testsuite>${cases.join('\n')}</testsuite></testsuites>`;
const passing = (name) => `<testcase name="${name}" status="run" result="completed" time="0." classname="Call" />`;
const failing = (name) =>
  `<testcase name="${name}" status="run" result="completed" classname="Call">\n<failure message="a &lt; b"></failure></testcase>`;

test('cases of a program that passed are counted, not the program', () => {
  const result = count({
    'unit/ctest-unit.xml': ctest(['call_test', 'run']),
    'unit/gtest-unit/call_test.xml': gtest(passing('Rings'), passing('Ends')),
  });
  assert.equal(result.last, '2 passed, 0 failed');
  assert.equal(result.status, 0);
});

test('a failed case is named', () => {
  const result = count({
    'unit/ctest-unit.xml': ctest(['call_test', 'fail']),
    'unit/gtest-unit/call_test.xml': gtest(passing('Rings'), failing('Ends')),
  });
  assert.equal(result.last, '1 passed, 1 failed');
  assert.match(result.stdout, /unit: Call\.Ends/);
  assert.equal(result.status, 1);
});

test('a skipped or disabled case has failed', () => {
  const skipped = '<testcase name="A" status="run" result="skipped" classname="Call"><skipped/></testcase>';
  const disabled = '<testcase name="B" status="notrun" result="suppressed" classname="Call" />';
  const result = count({
    'unit/ctest-unit.xml': ctest(['call_test', 'run']),
    'unit/gtest-unit/call_test.xml': gtest(skipped, disabled),
  });
  assert.equal(result.last, '0 passed, 2 failed');
});

test('a program that crashed before it could write its cases has failed', () => {
  const result = count({ 'unit/ctest-unit.xml': ctest(['call_test', 'fail'], ['room_test', 'run']) });
  assert.equal(result.last, '1 passed, 1 failed');
  assert.match(result.stdout, /call_test \(did not finish: fail\)/);
});

test('a program that was not built has failed', () => {
  const result = count({ 'unit/ctest-unit.xml': ctest(['call_test', 'notrun']) });
  assert.equal(result.last, '0 passed, 1 failed');
});

test('a program whose cases pass but which exits with an error, as under a sanitizer, has failed', () => {
  const result = count({
    'tsan/ctest-unit.xml': ctest(['call_test', 'fail']),
    'tsan/gtest-unit/call_test.xml': gtest(passing('Rings')),
  });
  assert.equal(result.last, '1 passed, 1 failed');
  assert.match(result.stdout, /tsan: call_test \(exit status\)/);
});

test('checks of ./test itself are counted', () => {
  const result = count({ 'lint/checks.txt': 'passed\tprettier\nfailed\ttypes of web\n' });
  assert.equal(result.last, '1 passed, 1 failed');
  assert.match(result.stdout, /lint: types of web/);
});

test('vitest: passed, failed, skipped, and a file that does not load', () => {
  const suite = (status, ...statuses) => ({
    name: 'x.test.ts',
    status,
    assertionResults: statuses.map((each, i) => ({ fullName: `case ${i}`, status: each })),
  });
  const report = {
    testResults: [suite('failed', 'passed', 'failed', 'pending'), suite('failed'), suite('passed', 'passed')],
  };
  const result = count({ 'sdk/vitest.json': JSON.stringify(report) });
  assert.equal(result.last, '2 passed, 3 failed');
  assert.match(result.stdout, /sdk: case 2 \(pending\)/);
  assert.match(result.stdout, /sdk: x\.test\.ts \(does not load\)/);
});

test('parts add up, and the last line comes once', () => {
  const result = count({
    'lint/checks.txt': 'passed\tprettier\n',
    'unit/ctest-unit.xml': ctest(['call_test', 'run']),
    'unit/gtest-unit/call_test.xml': gtest(passing('Rings')),
  });
  assert.equal(result.stdout.match(/\d+ passed, \d+ failed/g).length, 1);
  assert.equal(result.last, '2 passed, 0 failed');
});

test('a run in which nothing ran has not passed', () => {
  const result = count({ 'unit/note.txt': '' });
  assert.equal(result.last, '0 passed, 0 failed');
  assert.equal(result.status, 1);
});
