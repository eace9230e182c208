import { columnsOf } from '../../../src/render/layout.ts';

/** A screen as a terminal has it, with its escape sequences, and how long it is shown. */
export interface Frame {
  lines: readonly string[];
  seconds: number;
}

const cell = { width: 8.4, height: 18 };
const colours: Readonly<Record<string, string>> = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#79c0ff' };
const paper = '#0d1117';
const ink = '#e6edf3';

/** Frames as one SVG picture that shows each for its time, and begins anew. */
export function svgOf(frames: readonly Frame[], { columns, rows }: { columns: number; rows: number }): string {
  const whole = frames.reduce((sum, { seconds }) => sum + seconds, 0);
  const width = Math.ceil(columns * cell.width + 24);
  const height = rows * cell.height + 24;
  let at = 0;
  const drawn = frames.map(({ lines, seconds }, index) => {
    const from = (at / whole) * 100;
    at += seconds;
    const to = (at / whole) * 100;
    const times = `@keyframes f${index}{0%,${from.toFixed(3)}%{opacity:${index === 0 ? 1 : 0}}${(from + 0.001).toFixed(3)}%,${to.toFixed(3)}%{opacity:1}${(to + 0.001).toFixed(3)}%,100%{opacity:0}}`;
    const text = lines.map((line, row) => lineSvg(line, 12 + (row + 0.75) * cell.height)).join('\n');
    return { times, group: `<g style="animation:f${index} ${whole}s step-end infinite">\n${text}\n</g>` };
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<title>kubectl netinspect: the screen</title>
<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:${ink}}
${drawn.map(({ times }) => times).join('\n')}</style>
<rect width="100%" height="100%" rx="8" fill="${paper}"/>
${drawn.map(({ group }) => group).join('\n')}
</svg>
`;
}

interface Look {
  colour: string | null;
  bold: boolean;
  dim: boolean;
  inverse: boolean;
}

const plain: Look = { colour: null, bold: false, dim: false, inverse: false };

/** A line: runs of one look, each set to its own columns, so that any font keeps them. */
function lineSvg(line: string, y: number): string {
  let look = plain;
  let column = 0;
  const pieces: string[] = [];
  for (const part of `m${line}`.split('\u001b[')) {
    const end = part.indexOf('m');
    for (const code of part.slice(0, end).split(';')) look = styled(look, code);
    const text = part.slice(end + 1);
    const columns = columnsOf(text);
    const seen = look.inverse ? text : text.trimEnd();
    if (seen !== '') pieces.push(runSvg(seen, column, columnsOf(seen), y, look));
    column += columns;
  }
  return pieces.join('');
}

function styled(look: Look, code: string): Look {
  if (code === '' || code === '0') return plain;
  if (code === '1') return { ...look, bold: true };
  if (code === '2') return { ...look, dim: true };
  if (code === '22') return { ...look, bold: false, dim: false };
  if (code === '7') return { ...look, inverse: true };
  if (code === '27') return { ...look, inverse: false };
  if (code === '39') return { ...look, colour: null };
  return colours[code] === undefined ? look : { ...look, colour: colours[code] };
}

function runSvg(text: string, column: number, columns: number, y: number, look: Look): string {
  const x = (12 + column * cell.width).toFixed(1);
  const width = (columns * cell.width).toFixed(1);
  const colour = look.colour ?? ink;
  const back = look.inverse
    ? `<rect x="${x}" y="${(y - cell.height * 0.75).toFixed(1)}" width="${width}" height="${cell.height}" fill="${colour}"/>`
    : '';
  const style = [
    look.inverse ? ` fill="${paper}" style="fill:${paper}"` : look.colour === null ? '' : ` style="fill:${colour}"`,
    look.bold ? ' font-weight="bold"' : '',
    look.dim ? ' opacity="0.6"' : '',
  ].join('');
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `${back}<text x="${x}" y="${y.toFixed(1)}" textLength="${width}" lengthAdjust="spacingAndGlyphs" xml:space="preserve"${style}>${escaped}</text>`;
}
