// Holds the arrows of the house: which folder of src/ may include which, and that pure folders never see Asio.
// Debian's headers are visible to every target, so the compiler alone would not notice.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Folder → what it may include of ours. Every folder may include itself and base. The longest matching name counts. */
const may = {
  base: [],
  call: [],
  room: [],
  protocol: [],
  jose: [],
  store: [],
  bus: [],
  fetch: [],
  push: ['jose', 'fetch'],
  http: ['jose'],
  'mediasoup/ortc': [],
  mediasoup: ['mediasoup/ortc'],
  signaling: [
    'call',
    'room',
    'protocol',
    'jose',
    'store',
    'bus',
    'fetch',
    'push',
    'http',
    'mediasoup/ortc',
    'mediasoup',
  ],
};
const pure = ['call', 'room', 'protocol', 'jose', 'mediasoup/ortc'];
/** These base headers bring Asio along. */
const asio_of_base = ['base/async.hpp', 'base/asio_pch.hpp'];
/** One file each may pay for these (they cost a minute to compile), and only http/ may know Beast. */
const only_in_http = /^boost\/beast/;

const folderOf = (path) =>
  Object.keys(may)
    .filter((name) => path.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];

const files = execFileSync('git', ['ls-files', 'src/*.cpp', 'src/*.hpp'], { encoding: 'utf8' }).trim().split('\n');
const complaints = [];
for (const file of files) {
  const from = folderOf(file.slice('src/'.length));
  if (from === undefined) {
    complaints.push(`${file}: its folder is not in the list of scripts/check-includes.mjs`);
    continue;
  }
  readFileSync(file, 'utf8')
    .split('\n')
    .forEach((line, index) => {
      const [, quote, included] = line.match(/^\s*#\s*include\s*(["<])([^">]+)/) ?? [];
      if (included === undefined) return;
      const complain = (why) => complaints.push(`${file}:${index + 1}: ${why}`);
      const isAsio = /^boost\/(asio|beast)/.test(included) || asio_of_base.includes(included);
      if (pure.includes(from) && isAsio) complain(`${from} is pure and includes ${included}`);
      if (only_in_http.test(included) && from !== 'http') complain(`only http/ includes Beast, not ${from}`);
      if (quote !== '"') return;
      const to = folderOf(included);
      if (to === undefined) {
        if (!included.startsWith('FBS/')) complain(`"${included}" is not below src/; say it from there`);
      } else if (to !== from && to !== 'base' && !may[from].includes(to)) {
        complain(`${from} may not know ${to}`);
      }
    });
}
console.log(complaints.join('\n'));
process.exit(complaints.length === 0 ? 0 : 1);
