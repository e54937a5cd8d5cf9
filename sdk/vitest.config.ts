import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    // Time is faked: a test that waits for the real clock is a mistake, and this ends it early.
    testTimeout: 10_000,
  },
});
