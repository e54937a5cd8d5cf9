// How many columns of tiles fill a stage best. Pure geometry.

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  /** Size of one tile, in px. */
  readonly width: number;
  readonly height: number;
}

/** A tile is never wider than this to its height, nor narrower: faces stay whole with object-fit: cover. */
const aspect_max = 16 / 9;
const aspect_min = 3 / 4;

/** Most cameras are wide. A narrow tile shows only the middle of them, so its area counts for less. */
const camera_aspect = 16 / 9;

/** The grid that shows most of `count` people inside `width` × `height`, with `gap` px between the tiles. */
export function bestGrid(count: number, width: number, height: number, gap: number): Grid {
  const tiles = Math.max(1, count);
  let best: Grid = { columns: 1, rows: tiles, width: 0, height: 0 };
  let best_area = -1;
  for (let columns = 1; columns <= tiles; ++columns) {
    const rows = Math.ceil(tiles / columns);
    const cell_width = (width - gap * (columns - 1)) / columns;
    const cell_height = (height - gap * (rows - 1)) / rows;
    if (cell_width <= 0 || cell_height <= 0) continue;
    const aspect = Math.min(aspect_max, Math.max(aspect_min, cell_width / cell_height));
    const tile_width = Math.min(cell_width, cell_height * aspect);
    const tile_height = Math.min(cell_height, tile_width / aspect);
    // The root: on a phone, larger faces are worth some of the walls beside them.
    const area = tile_width * tile_height * Math.sqrt(Math.min(1, aspect / camera_aspect));
    if (area > best_area + 0.5) {
      best_area = area;
      best = { columns, rows, width: Math.floor(tile_width), height: Math.floor(tile_height) };
    }
  }
  return best;
}
