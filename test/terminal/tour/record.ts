import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../../cli/program.ts';
import { Terminal } from '../terminal.ts';
import { type Frame, svgOf } from './svg.ts';

/** `node test/terminal/tour/record.ts`: records a walk through the demo in a real terminal as docs/screen.svg, which the README shows. */
const size = { columns: 120, rows: 30 };

/** What is pressed, what is there then, and for how many seconds it is shown. */
const steps: readonly (readonly [keys: string, there: RegExp, seconds: number])[] = [
  ['', /▸ node1/, 2],
  ['Tab', /pods \(28\)/, 1.5],
  ['/ "web-0"', /^\/web-0▏/m, 1.5],
  ['Enter', /▸ shop +web-0/, 0.8],
  ['Enter', /› pod shop\/web-0 [\s\S]*veth pair/, 4],
  ['/ "→ service shop/web "', /→ service shop\/web {2}/, 1.5],
  ['Enter Enter', /› service shop\/web /, 3],
  ['/ "nat PREROUTING"', /nat PREROUTING/, 1.2],
  ['Enter Enter', /› KUBE-SERVICES /, 2.5],
  ['Enter', /› KUBE-SVC-\w+ [\s\S]*33\.3 %/, 3.5],
  ['Down Enter', /› KUBE-SEP-/, 2.5],
  ['t', /^trace from /m, 1.2],
  ['C-u "pod/shop/web-0" Enter "svc/shop/web"', /^trace from pod\/shop\/web-0 to .*web▏/m, 2],
  ['Enter', /› trace pod[\s\S]*└ 1\/3/, 5],
  ['":node3"', /^:node3▏/m, 1.5],
  ['Enter', /› node3 [\s\S]*nftables/, 3],
];

const program = buildProgram();
const terminal = new Terminal([program.file, '--from', 'demo'], size);
try {
  const frames: Frame[] = [];
  for (const [keys, there, seconds] of steps) {
    terminal.press(keys);
    await terminal.until(there);
    await terminal.untilStill();
    frames.push({ lines: terminal.painted().split('\n'), seconds });
  }
  writeFileSync(fileURLToPath(new URL('../../../docs/screen.svg', import.meta.url)), svgOf(frames, size));
} finally {
  terminal.close();
  program.remove();
}
