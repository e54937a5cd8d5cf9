// `--help` of a program that begins with a comment about itself.
import { readFileSync } from 'node:fs';

/** Prints the first comment of the module at `url` and ends the process, if that is what was asked for. */
export function answerHelp(url) {
  if (!process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) return;
  const lines = readFileSync(new URL(url), 'utf8').split('\n');
  const comment = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('//')),
  );
  process.stdout.write(comment.map((line) => `${line.slice(3)}\n`).join(''));
  process.exit(0);
}
