import { describe, expect, it } from 'vitest';
import { pushLine, pushProblem } from '../../src/lib/push-words';

describe('the words of the switch', () => {
  it('say what is so now', () => {
    const lines = (['on', 'off', 'denied', 'unsupported', 'unavailable'] as const).map((state) =>
      pushLine(state, false),
    );
    expect(new Set(lines).size).toBe(5);
    for (const line of lines) expect(line).toMatch(/^[A-Z].*\.$/u);
  });
  it('say what to do on an iPhone', () => {
    expect(pushLine('unsupported', true)).toContain('home screen');
    expect(pushLine('off', true)).not.toContain('home screen');
  });
  it('do not say twice that notifications are blocked', () => {
    expect(pushProblem('permission-denied', 'denied')).toBe(null);
    expect(pushProblem('permission-denied', 'off')).toContain('permission');
    expect(pushProblem('unavailable', 'unavailable')).toBe(null);
    expect(pushProblem('timeout', 'off')).toContain('server');
  });
});
