// What the tests of a build folder with CARILLON_COVERAGE have run: lines and branches of each folder of src/, and whether
// the parts that decide are taken whole (docs/coverage.md).
//
// Usage: node scripts/coverage.mjs BUILD_FOLDER PROFILES
//   PROFILES   the folder in which the tests have left their .profraw files
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { gaps, known, merged } from './coverage-branches.mjs';

/** Where every branch must be taken, both ways. */
const whole = ['src/call', 'src/mediasoup/ortc'];
/** Those that cannot be, each with its reason. */
const excuses = 'scripts/coverage-excuses.txt';

const top = resolve(import.meta.dirname, '..');
process.chdir(top); // from here the build has named its sources
const [build, profiles] = process.argv.slice(2);

const tool = (name, ...args) => execFileSync(name, args, { maxBuffer: 1 << 30 }).toString();

function isProgram(file) {
  if (!statSync(file).isFile() || (statSync(file).mode & 0o111) === 0) return false;
  const start = Buffer.alloc(4);
  const descriptor = openSync(file);
  readSync(descriptor, start, 0, 4, 0);
  closeSync(descriptor);
  return start.equals(Buffer.from('\x7fELF', 'latin1'));
}

const programs = readdirSync(join(build, 'tests'), { recursive: true })
  .map((name) => join(build, 'tests', name))
  .filter((file) => !file.includes('CMakeFiles') && isProgram(file));

const profile = join(profiles, 'all.profdata');
const raw = readdirSync(profiles).filter((name) => name.endsWith('.profraw'));
tool('llvm-profdata', 'merge', '-sparse', '-o', profile, ...raw.map((name) => join(profiles, name)));
const objects = programs.flatMap((program) => ['-object', program]).slice(1);
const exported = tool('llvm-cov', 'export', '-format=text', '-skip-functions', `-instr-profile=${profile}`, ...objects);
const files = JSON.parse(exported)
  .data[0].files.map((file) => ({ ...file, filename: relative(top, resolve(file.filename)) }))
  .filter(({ filename }) => filename.startsWith('src/'));

const folders = new Map();
for (const file of files) {
  const branches = merged(file.branches);
  const folder = dirname(file.filename);
  const sum = folders.get(folder) ?? { lines: 0, linesRun: 0, sides: 0, sidesTaken: 0 };
  sum.lines += file.summary.lines.count;
  sum.linesRun += file.summary.lines.covered;
  sum.sides += 2 * branches.length;
  sum.sidesTaken += branches.reduce((taken, branch) => taken + (branch.taken > 0) + (branch.passed > 0), 0);
  folders.set(folder, sum);
}

const share = (part, all) => `${((100 * part) / all).toFixed(1).padStart(5)} %`;
const row = (name, { lines, linesRun, sides, sidesTaken }) =>
  console.log(
    `${name.padEnd(24)} ${share(linesRun, lines)} of ${String(lines).padStart(5)} lines   ` +
      (sides > 0 ? `${share(sidesTaken, sides)} of ${String(sides).padStart(5)} sides of branches` : ''),
  );
const total = { lines: 0, linesRun: 0, sides: 0, sidesTaken: 0 };
for (const [folder, sum] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
  row(folder, sum);
  for (const name of Object.keys(total)) total[name] += sum[name];
}
row('all', total);

const allowed = known(readFileSync(excuses, 'utf8'));
const found = files
  .filter(({ filename }) => whole.includes(dirname(filename)))
  .flatMap((file) => gaps(file, readFileSync(file.filename, 'utf8')));
const unexcused = found.filter((gap) => !allowed.has(gap.key));
const seen = new Set(found.map((gap) => gap.key));
const stale = [...allowed.keys()].filter((key) => !seen.has(key));
console.log(`\n${whole.join(', ')}: ${found.length} gaps, ${found.length - unexcused.length} of them with a reason`);
for (const { key, line } of unexcused) console.log(`  not shown by any test: ${key} (line ${line})`);
for (const key of stale) console.log(`  in ${excuses}, but there is no such gap: ${key}`);
process.exit(unexcused.length + stale.length === 0 ? 0 : 1);
