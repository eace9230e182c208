import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A program in a real terminal (tmux), with a shell around it that says how the program left it. */
export class Terminal {
  readonly #folder = mkdtempSync(join(tmpdir(), 'netinspect-screen-'));

  /** Starts `node FILE ARGS…`, or these words with `program`, in a terminal of that size; with `jobs`, from a shell that has job control. */
  constructor(
    words: readonly string[],
    { columns = 80, rows = 24, env = {} as Record<string, string>, program = process.execPath, jobs = false } = {},
  ) {
    const settings = Object.entries({ HOME: this.#folder, LC_ALL: 'C.UTF-8', CI: '', ...env });
    const run = ['env', ...settings.map(([name, value]) => `${name}=${value}`), program, ...words];
    const quoted = run.map(word => `'${word}'`).join(' ');
    const script = `echo before; sh -c 'echo $$ > "$0"; exec "$@"' '${this.#pidFile}' ${quoted}; echo "code $?"; stty -a; exec cat`;
    const size = ['-x', String(columns), '-y', String(rows)];
    const shell = "env PS1='shell> ' bash --norc --noprofile -i";
    this.#tmux('new-session', '-d', ...size, jobs ? shell : script, ';', 'set-option', '-s', 'set-clipboard', 'on');
    if (jobs) this.press(`"${run.join(' ')}" Enter`);
  }

  /** Sends keys by tmux's names (`Enter`, `C-c`) or, in quotes, text as it is typed. */
  press(keys: string): void {
    for (const [, typed, name] of keys.matchAll(/"([^"]*)"|(\S+)/g))
      this.#tmux('send-keys', ...(typed === undefined ? [name ?? ''] : ['-l', typed]));
  }

  /** What it shows. */
  shown(): string {
    return this.#tmux('capture-pane', '-p').trimEnd();
  }

  /** What it shows, with its colours as escape sequences. */
  painted(): string {
    return this.#tmux('capture-pane', '-p', '-e').trimEnd();
  }

  /** What it shows as soon as that matches; throws with the last screen when it does not in time. */
  async until(wanted: RegExp): Promise<string> {
    const screen = await this.#poll(text => wanted.test(text));
    if (!wanted.test(screen)) throw new Error(`${wanted} is not on the screen:\n${screen}`);
    return screen;
  }

  /** What it shows as soon as it is just that, else what it shows when the time is over. */
  untilSame(wanted: string): Promise<string> {
    return this.#poll(text => text === wanted.trimEnd());
  }

  /** What it shows when nothing more is painted: several looks see the same. */
  untilStill(): Promise<string> {
    let last = '';
    let same = 0;
    return this.#poll(text => {
      same = text === last ? same + 1 : 0;
      last = text;
      return same >= 20;
    });
  }

  /** Looks until what is seen will do, or the time is over. */
  async #poll(enough: (screen: string) => boolean): Promise<string> {
    const end = performance.now() + 40_000;
    for (;;) {
      const screen = this.shown();
      if (enough(screen) || performance.now() > end) return screen;
      await pause(50);
    }
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** Sends the program a signal. */
  signal(name: NodeJS.Signals): void {
    process.kill(Number(readFileSync(this.#pidFile, 'utf8')), name);
  }

  /** Pastes a text as a terminal does, in brackets. */
  paste(text: string): void {
    this.#tmux('set-buffer', text, ';', 'paste-buffer', '-p');
  }

  /** What the program has put on the clipboard (OSC 52), as tmux took it. */
  clipboard(): string {
    return this.#tmux('show-buffer');
  }

  /** What tmux knows: `alternate_on`, `cursor_flag`, … */
  flag(name: string): string {
    return this.#tmux('display-message', '-p', `#{${name}}`).trim();
  }

  close(): void {
    try {
      this.#tmux('kill-server');
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  get #pidFile(): string {
    return join(this.#folder, 'pid');
  }

  #tmux(...words: string[]): string {
    return execFileSync('tmux', ['-S', join(this.#folder, 'socket'), '-f', '/dev/null', ...words], {
      encoding: 'utf8',
    });
  }
}
