// Counts what the tests of one ./test run have left in its folder of results, names what failed, and ends with the line
// `N passed, N failed`. Exit status 0 only if something passed and nothing failed.
//
// Usage: node scripts/count-results.mjs FOLDER
//   FOLDER/PART/checks.txt          passed|failed <tab> name
//   FOLDER/PART/gtest-LABEL/*.xml   one per GoogleTest program, with its cases
//   FOLDER/PART/ctest-LABEL.xml     one entry per program: tells of those that crashed or never started
//   FOLDER/PART/vitest.json
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = (entities) =>
  entities.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, name) => ({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' })[name],
  );

/** The <testcase> elements of a JUnit file, as GoogleTest and CTest write them. */
function cases(file) {
  const xml = readFileSync(file, 'utf8');
  return [...xml.matchAll(/<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g)].map(([, head, , body = '']) => {
    const attribute = (name) => text(head.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1] ?? '');
    return { attribute, body };
  });
}

function countChecks(file) {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([outcome, name]) => ({ name, passed: outcome === 'passed' }));
}

/** A skipped or disabled case did not show anything, so it has not passed. */
function countGoogleTest(file) {
  return cases(file).map(({ attribute, body }) => {
    const ran = attribute('status') === 'run' && attribute('result') === 'completed';
    const passed = ran && !body.includes('<failure');
    return { name: `${attribute('classname')}.${attribute('name')}${ran ? '' : ' (skipped)'}`, passed };
  });
}

function countCTest(file, folder) {
  return cases(file).flatMap(({ attribute }) => {
    const name = attribute('name');
    const ok = attribute('status') === 'run';
    const own = join(folder, `${name}.xml`);
    if (!existsSync(own)) return [{ name: ok ? name : `${name} (did not finish: ${attribute('status')})`, passed: ok }];
    const inside = countGoogleTest(own);
    // Green cases and a failed program: it crashed at its end, leaked, or raced.
    if (!ok && inside.every((each) => each.passed)) inside.push({ name: `${name} (exit status)`, passed: false });
    return inside;
  });
}

function countVitest(file) {
  return JSON.parse(readFileSync(file, 'utf8')).testResults.flatMap((suite) => {
    const inside = suite.assertionResults.map((each) => ({
      name: `${each.fullName}${each.status === 'passed' || each.status === 'failed' ? '' : ` (${each.status})`}`,
      passed: each.status === 'passed',
    }));
    const failed = suite.status !== 'passed' && inside.every((each) => each.passed);
    return failed ? [...inside, { name: `${suite.name} (does not load)`, passed: false }] : inside;
  });
}

function countPart(folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((entry) => {
      const file = join(folder, entry);
      if (entry === 'checks.txt') return countChecks(file);
      if (entry === 'vitest.json') return countVitest(file);
      const label = entry.match(/^ctest-(.*)\.xml$/)?.[1];
      return label === undefined ? [] : countCTest(file, join(folder, `gtest-${label}`));
    });
}

const top = process.argv[2];
const all = readdirSync(top, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name: part }) => countPart(join(top, part)).map((each) => ({ ...each, part })));

const failures = all.filter((each) => !each.passed);
for (const part of new Set(all.map((each) => each.part))) {
  const passed = all.filter((each) => each.part === part && each.passed).length;
  const failed = failures.filter((each) => each.part === part).length;
  console.log(`${part.padEnd(12)} ${String(passed).padStart(5)} ok${failed ? `, ${failed} FAILED` : ''}`);
}
if (failures.length > 0)
  console.log(['', 'Failed:', ...failures.map((each) => `  ${each.part}: ${each.name}`)].join('\n'));
console.log(`\n${all.length - failures.length} passed, ${failures.length} failed`);
process.exit(failures.length === 0 && all.length > 0 ? 0 : 1);
