import { defineConfig } from 'vitest/config';

// Whole calls with real browsers: one file after the other, since two of them would share two cores.
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores run three browsers, their cameras' encoders and the server: one that stalls is tried once more, a mistake
    // fails both times.
    retry: 1,
  },
});
