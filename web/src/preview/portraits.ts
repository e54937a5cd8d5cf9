// Drawn people instead of cameras, for the gallery and for a fake camera in screenshots. Nothing of this is in the app.
import type { Attachable } from '../ui/media';

interface Look {
  readonly wall: readonly [string, string];
  readonly skin: string;
  readonly hair: string;
  readonly shirt: string;
  readonly cut: 'short' | 'long' | 'bun' | 'curls' | 'cap';
}

const looks: readonly Look[] = [
  { wall: ['#d9e4dd', '#9db8ae'], skin: '#e2b08d', hair: '#3a2a22', shirt: '#2d5f73', cut: 'long' },
  { wall: ['#efe0c8', '#cfae7d'], skin: '#8d5a3c', hair: '#1d1614', shirt: '#e8e2d4', cut: 'short' },
  { wall: ['#cfd8e6', '#8ea3c4'], skin: '#f0c7a6', hair: '#b3622d', shirt: '#5b3e6b', cut: 'bun' },
  { wall: ['#e9d3cc', '#c08f83'], skin: '#c98f68', hair: '#241a18', shirt: '#24483f', cut: 'curls' },
  { wall: ['#dcdccb', '#a3a582'], skin: '#f2d0b4', hair: '#8a8781', shirt: '#99432f', cut: 'cap' },
];

/** Draws person number `who` into the whole canvas; `t` in seconds moves them a little. */
export function drawPortrait(g: CanvasRenderingContext2D, who: number, width: number, height: number, t: number): void {
  const look = looks[who % looks.length]!;
  const wall = g.createLinearGradient(0, 0, width, height);
  wall.addColorStop(0, look.wall[0]);
  wall.addColorStop(1, look.wall[1]);
  g.fillStyle = wall;
  g.fillRect(0, 0, width, height);
  drawRoom(g, who, width, height);

  const unit = Math.min(height, width * 1.1) / 10;
  const x = width / 2 + Math.sin(t * 0.9 + who) * unit * 0.12;
  const y = height * 0.47 + Math.sin(t * 1.7 + who * 2) * unit * 0.06;
  const oval = (cx: number, cy: number, rx: number, ry: number, color: string): void => {
    g.fillStyle = color;
    g.beginPath();
    g.ellipse(cx, cy, rx, ry, 0, 0, Math.PI * 2);
    g.fill();
  };
  if (look.cut === 'long') oval(x, y + unit * 0.7, unit * 1.85, unit * 2.6, look.hair);
  if (look.cut === 'curls') {
    for (let i = 0; i < 11; ++i) {
      const a = Math.PI * (0.92 + (i / 10) * 1.16);
      oval(
        x + Math.cos(a) * unit * 1.55,
        y - unit * 0.25 + Math.sin(a) * unit * 1.6,
        unit * 0.72,
        unit * 0.72,
        look.hair,
      );
    }
  }
  if (look.cut === 'bun') oval(x, y - unit * 2.35, unit * 0.85, unit * 0.8, look.hair);
  // Shoulders, neck, head.
  g.fillStyle = look.shirt;
  g.beginPath();
  g.moveTo(x - unit * 4.3, height);
  g.bezierCurveTo(x - unit * 4.1, y + unit * 3.4, x - unit * 2, y + unit * 3.1, x - unit * 0.8, y + unit * 2.6);
  g.lineTo(x + unit * 0.8, y + unit * 2.6);
  g.bezierCurveTo(x + unit * 2, y + unit * 3.1, x + unit * 4.1, y + unit * 3.4, x + unit * 4.3, height);
  g.fill();
  g.fillStyle = shade(look.skin, -18);
  g.beginPath();
  g.roundRect(x - unit * 0.7, y + unit * 1.1, unit * 1.4, unit * 2, unit * 0.6);
  g.fill();
  oval(x, y, unit * 1.42, unit * 1.8, look.skin);
  // Hair over the forehead.
  g.save();
  g.beginPath();
  g.ellipse(x, y - unit * 0.1, unit * 1.56, unit * 1.95, 0, 0, Math.PI * 2);
  g.clip();
  g.fillStyle = look.hair;
  g.beginPath();
  g.ellipse(
    x + unit * 0.25,
    y - unit * 1.75,
    unit * 2.1,
    unit * (look.cut === 'cap' ? 1.05 : 1.2),
    -0.12,
    0,
    Math.PI * 2,
  );
  g.fill();
  g.restore();
  // A face: two eyes that blink, brows, a mouth that talks a little.
  const blink = Math.sin(t * 1.3 + who * 4) > 0.985 ? 0.15 : 1;
  for (const side of [-1, 1]) {
    oval(x + side * unit * 0.55, y + unit * 0.05, unit * 0.13, unit * 0.17 * blink, '#2a1e1a');
    g.strokeStyle = shade(look.hair, -6);
    g.lineWidth = unit * 0.1;
    g.lineCap = 'round';
    g.beginPath();
    g.moveTo(x + side * unit * 0.82, y - unit * 0.3);
    g.quadraticCurveTo(x + side * unit * 0.58, y - unit * 0.44, x + side * unit * 0.32, y - unit * 0.32);
    g.stroke();
  }
  g.strokeStyle = shade(look.skin, -70);
  g.lineWidth = unit * 0.11;
  g.beginPath();
  g.moveTo(x - unit * 0.42, y + unit * 0.88);
  g.quadraticCurveTo(x, y + unit * (1.14 + 0.08 * Math.sin(t * 7 + who)), x + unit * 0.42, y + unit * 0.88);
  g.stroke();
}

/** Something behind them, so that it looks like a room. */
function drawRoom(g: CanvasRenderingContext2D, who: number, width: number, height: number): void {
  g.globalAlpha = 0.32;
  if (who % 2 === 0) {
    g.fillStyle = '#ffffff';
    g.beginPath();
    g.roundRect(width * 0.07, height * 0.1, width * 0.2, height * 0.44, width * 0.01);
    g.fill();
    g.fillStyle = '#5b7a70';
    g.fillRect(width * 0.165, height * 0.1, width * 0.008, height * 0.44);
    g.fillRect(width * 0.07, height * 0.31, width * 0.2, height * 0.01);
  } else {
    const books = ['#7b4a35', '#3f6a63', '#b98b4e', '#4a4f73', '#8d3f3f', '#5d7040'];
    g.fillStyle = '#5a4632';
    g.fillRect(width * 0.72, height * 0.36, width * 0.28, height * 0.018);
    for (let i = 0; i < 12; ++i) {
      const tall = 0.14 + ((i * 7) % 5) * 0.018;
      g.fillStyle = books[(i * 5 + who) % books.length]!;
      g.fillRect(width * (0.735 + i * 0.021), height * (0.36 - tall), width * 0.017, height * tall);
    }
  }
  g.globalAlpha = 1;
}

function shade(hex: string, by: number): string {
  const part = (from: number): number => Math.min(255, Math.max(0, parseInt(hex.slice(from, from + 2), 16) + by));
  return `rgb(${part(1)} ${part(3)} ${part(5)})`;
}

/** A page of a talk, as somebody's shared screen. */
function drawSlide(g: CanvasRenderingContext2D, width: number, height: number): void {
  g.fillStyle = '#fbfaf6';
  g.fillRect(0, 0, width, height);
  g.fillStyle = '#17695c';
  g.font = `600 ${height * 0.075}px Georgia, serif`;
  g.fillText('Spring concert: the plan', width * 0.07, height * 0.17);
  g.fillStyle = '#4b5558';
  g.font = `${height * 0.042}px Inter, sans-serif`;
  [
    'Rehearsals on Tuesdays, tower opens at six',
    'Tuning check in March, before the frost ends',
    'Forty-nine bells, nine players, one programme',
  ].forEach((line, i) => g.fillText(line, width * 0.07, height * (0.29 + i * 0.075)));
  [0.35, 0.5, 0.42, 0.66, 0.8, 0.74, 0.92].forEach((tall, i) => {
    g.fillStyle = i === 6 ? '#b07a35' : '#9fc4ba';
    g.fillRect(width * (0.08 + i * 0.12), height * (0.93 - tall * 0.38), width * 0.08, height * tall * 0.38);
  });
}

/** A track that plays a drawing, as the SDK's tracks play a camera. */
export function drawnTrack(who: number | 'slide', width = 960, height = 720): Attachable {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const g = canvas.getContext('2d')!;
  const draw = (): void => {
    if (who === 'slide') drawSlide(g, width, height);
    else drawPortrait(g, who, width, height, performance.now() / 1000);
  };
  draw();
  setInterval(draw, 400);
  const stream = canvas.captureStream(3);
  return {
    attach(element) {
      element.srcObject = stream;
      void element.play().catch(() => undefined);
      return () => {
        element.srcObject = null;
      };
    },
  };
}
