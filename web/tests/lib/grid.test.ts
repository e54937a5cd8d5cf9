import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestGrid } from '../../src/lib/grid';

describe('bestGrid', () => {
  it('fills a wide window with columns and a phone with rows', () => {
    expect(bestGrid(4, 1200, 700, 10)).toMatchObject({ columns: 2, rows: 2 });
    expect(bestGrid(2, 1200, 600, 10)).toMatchObject({ columns: 2, rows: 1 });
    expect(bestGrid(2, 370, 700, 10)).toMatchObject({ columns: 1, rows: 2 });
    expect(bestGrid(3, 1256, 638, 10)).toMatchObject({ columns: 2, rows: 2 });
    expect(bestGrid(3, 366, 690, 10)).toMatchObject({ columns: 1, rows: 3 });
    expect(bestGrid(6, 366, 690, 10)).toMatchObject({ columns: 2, rows: 3 });
    expect(bestGrid(6, 1200, 640, 10)).toMatchObject({ columns: 3, rows: 2 });
  });
  it('never spills over the stage, and has a place for everybody', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 49 }),
        fc.integer({ min: 280, max: 3840 }),
        fc.integer({ min: 200, max: 2160 }),
        (count, width, height) => {
          const gap = 4;
          const grid = bestGrid(count, width, height, gap);
          expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(count);
          expect(grid.columns * grid.width + gap * (grid.columns - 1)).toBeLessThanOrEqual(width);
          expect(grid.rows * grid.height + gap * (grid.rows - 1)).toBeLessThanOrEqual(height);
          expect(grid.width).toBeGreaterThan(0);
          expect(grid.height).toBeGreaterThan(0);
        },
      ),
    );
  });
  it('copes with a stage that is not laid out yet', () => {
    expect(bestGrid(3, 0, 0, 10)).toMatchObject({ width: 0, height: 0 });
  });
});
