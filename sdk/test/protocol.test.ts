// The recorded examples of docs/protocol.md, type-checked as what src/protocol.ts says they are. The page is played
// against a real server elsewhere; so the types here agree with the server.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { END_REASONS, type Frame } from '../src/protocol.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const page = readFileSync(join(root, '../docs/protocol.md'), 'utf8');

/** What the SDK neither sends nor takes, so that it has no types for it; and what the page shows as a mistake. */
const NOT_OURS = new Set(['fly', 'setConsumerPriority', 'produceData', 'dataConsumerClosed']);
const isOurs = (method: string): boolean => !NOT_OURS.has(method) && !/^get.*Stats$/.test(method);

/** One line for each example: `check<type>(value);`. */
function checks(): string[] {
  const lines: string[] = [];
  const asked = new Map<string, string>();
  for (const [, who, way, json] of page.matchAll(/^(\S+) (→|←) (\{.*\})$/gm)) {
    const frame = JSON.parse(json!) as Frame;
    if ('response' in frame) {
      const method = asked.get(`${who} ${way === '→' ? '←' : '→'} ${frame.id}`);
      if (method && frame.ok === true) lines.push(check(`ClientRequests['${method}']['response']`, frame.data));
      continue;
    }
    if (!isOurs(frame.method)) continue;
    if ('notification' in frame) lines.push(check(`ServerNotifications['${frame.method}']`, frame.data));
    else if (way === '←') lines.push(check(`ServerRequests['${frame.method}']`, frame.data));
    else {
      const refused = page.includes(`"id": ${frame.id}, "ok": false`);
      if (refused) continue;
      asked.set(`${who} ${way} ${frame.id}`, frame.method);
      lines.push(check(`ClientRequests['${frame.method}']['data']`, frame.data));
    }
  }
  // What the page shortens cannot be checked as a whole.
  return lines.filter((line) => !line.includes('…'));
}

const check = (type: string, value: unknown): string => `check<${type}>(${JSON.stringify(value)});`;

function problems(lines: readonly string[]): string[] {
  const file = join(root, 'test', 'examples.ts');
  const code = [
    `import type { ClientRequests, ServerNotifications, ServerRequests } from '../src/protocol.js';`,
    // Fields that we do not know are ignored, on the wire and here.
    `declare function check<T>(value: T & Record<string, unknown>): void;`,
    ...lines,
  ].join('\n');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, code, ts.ScriptTarget.ES2022) : read(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, start = 0 }) => {
    const line = code.slice(0, start).split('\n').length - 1;
    return `${code.split('\n')[line]!.slice(0, 200)}\n${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
}

describe('The protocol page', () => {
  it('shows many examples of what the SDK says and hears', () => {
    expect(checks().length).toBeGreaterThan(40);
  });

  it('agrees with the types of the wire', { timeout: 120_000 }, () => {
    expect(problems(checks())).toEqual([]);
  });

  it('lists the same reasons for an end', () => {
    const listed = /^Reasons, everywhere: ([\s\S]*?)\.$/m.exec(page)![1]!;
    expect([...listed.matchAll(/`([^`]+)`/g)].map(([, reason]) => reason)).toEqual([...END_REASONS]);
  });
});
