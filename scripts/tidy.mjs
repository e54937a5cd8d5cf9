// Runs clang-tidy on the C++ files of a build folder of clang's, except those that passed before and have not changed
// since, they or anything they include. What passed is remembered outside the checkout, so a new clone is quick too.
//
// Usage: node scripts/tidy.mjs BUILD_FOLDER [PREFIX...]
//   PREFIX   what to look at; src and app, if none is given
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

const top = resolve(import.meta.dirname, '..');
const [folder, ...given] = process.argv.slice(2);
const prefixes = given.length > 0 ? given : ['src/', 'app/'];
const build = resolve(folder);
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'carillon', 'tidy');
const jobs = Number(process.env.CARILLON_JOBS ?? availableParallelism());
mkdirSync(cache, { recursive: true });

const digest = (text) => createHash('sha256').update(text).digest('hex');

const known = new Map();
/** The same in every clone: a file of ours is named from the top. */
function fingerprint(file) {
  if (!known.has(file))
    known.set(file, `${relative(top, file)} ${existsSync(file) ? digest(readFileSync(file)) : '-'}`);
  return known.get(file);
}

/** Object file → all that it was made of, as Ninja has noted when it compiled it. */
function dependencies() {
  const all = new Map();
  let current;
  for (const line of execFileSync('ninja', ['-C', build, '-t', 'deps'], { maxBuffer: 1 << 30 })
    .toString()
    .split('\n')) {
    const object = line.match(/^(\S.*): #deps/)?.[1];
    if (object !== undefined) all.set(object, (current = []));
    else if (line.startsWith('    ')) current.push(resolve(build, line.trim()));
  }
  return all;
}

const dependenciesOf = dependencies();
const rules = digest(execFileSync('clang-tidy', ['--version']).toString() + readFileSync(join(top, '.clang-tidy')));

/** Stands for all that the outcome depends on. A precompiled header counts as what it was made of. */
function keyOf(command) {
  const object = command.command.match(/ -o (\S+)/)[1];
  const files = (dependenciesOf.get(object) ?? []).flatMap((file) =>
    file.endsWith('.pch') ? (dependenciesOf.get(relative(build, file)) ?? []) : [file],
  );
  const made_of = [...new Set(files.filter((file) => !file.endsWith('.pch')))].sort().map(fingerprint);
  return digest([rules, command.command.replaceAll(top, ''), ...made_of].join('\n'));
}

const commands = JSON.parse(readFileSync(join(build, 'compile_commands.json'), 'utf8'))
  .filter(({ file }) => file.startsWith(`${top}/`) && !file.startsWith(`${build}/`) && file.endsWith('.cpp'))
  .filter(({ file }) => prefixes.some((prefix) => relative(top, file).startsWith(prefix)))
  .map((command) => ({ file: command.file, stamp: join(cache, keyOf(command)) }))
  .filter(({ stamp }) => !existsSync(stamp));

const run = promisify(execFile);
let done = 0;
let failed = 0;
async function worker(queue) {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    try {
      await run('clang-tidy', ['-p', build, '--quiet', next.file], { cwd: top, maxBuffer: 1 << 28 });
      writeFileSync(next.stamp, '');
    } catch (error) {
      failed += 1;
      console.log(`${error.stdout ?? ''}${error.stdout ? '' : error.message}`);
    }
    done += 1;
    console.log(`[${done}] ${relative(top, next.file)}`);
  }
}
console.log(`${commands.length} files to look at`);
const queue = [...commands];
await Promise.all(Array.from({ length: jobs }, () => worker(queue)));
process.exit(failed === 0 ? 0 : 1);
