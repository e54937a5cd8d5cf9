// Exit status 0: node_modules is what package-lock.json asks for, so `npm ci` has nothing to do.
// npm keeps what it installed in node_modules/.package-lock.json; both say version and integrity of every package.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packages = (file) =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8')).packages;

try {
  const wanted = packages('package-lock.json');
  const installed = packages('node_modules/.package-lock.json');
  const fits = Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true; // the root and the workspaces themselves
    const found = installed[path];
    if (!found) return entry.optional === true; // for another system
    return found.version === entry.version && found.integrity === entry.integrity && found.link === entry.link;
  });
  process.exit(fits ? 0 : 1);
} catch {
  process.exit(1); // nothing installed yet
}
