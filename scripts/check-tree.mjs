// What must not be in the tree: where somebody's machine keeps things, which host packages came from, work put off, and
// tests that do not run.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const code = /\.(cpp|hpp|h|ts|tsx|js|mjs|css|cmake|sh)$|CMakeLists\.txt$|^(run|test|\.ci\/run|scripts\/build-worker)$/;
const tests = /^(tests|sdk|web)\/.*\.(cpp|hpp|ts|tsx|mjs)$/;
const any = /./;

const rules = [
  [any, /"resolved": *"http/, 'the lock file names the host that the package came from'],
  [any, /(^|[\s"'`(=:])\/(root|home\/[a-z]+|work|Users\/[A-Za-z]+)\/[\w.]/, 'a path of one machine'],
  [any, /-----BEGIN [A-Z ]*PRIVATE KEY-----\n?[A-Za-z0-9+/=]{20}/, 'a private key'],
  [code, /\b(TODO|FIXME|XXX)\b/, 'work put off: do it, or open an issue'],
  [tests, /\b(GTEST_SKIP|DISABLED_)|\b(describe|it|test|suite)\.(skip|only|todo|fails)\b/, 'a test that does not run'],
];

const complaints = [];
for (const file of execFileSync('git', ['ls-files'], { encoding: 'utf8' }).trim().split('\n')) {
  if (file === 'scripts/check-tree.mjs') continue;
  let content;
  try {
    content = readFileSync(file);
  } catch {
    continue; // removed and not yet committed
  }
  if (content.includes(0)) continue; // a picture, not text
  content
    .toString()
    .split('\n')
    .forEach((line, index) => {
      for (const [where, what, why] of rules) {
        if (where.test(file) && what.test(line))
          complaints.push(`${file}:${index + 1}: ${why}: ${line.trim().slice(0, 100)}`);
      }
    });
}
console.log(complaints.join('\n'));
process.exit(complaints.length === 0 ? 0 : 1);
