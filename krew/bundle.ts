import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { assets } from '../src/collect/assets.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A plugin that rewrites one file of a dependency; the build fails when the file was not met or `edit` changes nothing. */
function patch(name: string, filter: RegExp, edit: (source: string) => string): Plugin {
  return {
    name,
    setup(builder) {
      let met = false;
      builder.onLoad({ filter }, ({ path }) => {
        met = true;
        const before = readFileSync(path, 'utf8');
        const contents = edit(before);
        if (contents === before) throw new Error(`${name}: nothing to patch in ${path}`);
        return { contents, loader: 'js' };
      });
      builder.onEnd(result => {
        if (!met && result.errors.length === 0) throw new Error(`${name}: no file matches ${filter}`);
      });
    },
  };
}

/**
 * client-node's config.js takes two names of gen/index.js, which loads 950 API and model modules: 340 ms of a pod list
 * (770 → 425 from unbundled to bundled). The two come from their own files.
 */
const slimKubernetes = patch('slim-kubernetes', /client-node[\\/]dist[\\/]config\.js$/, source =>
  source.replace(
    /import \{ createConfiguration, ServerConfiguration,? \} from '\.\/gen\/index\.js';/,
    "import { createConfiguration } from './gen/configuration.js';\nimport { ServerConfiguration } from './gen/servers.js';",
  ),
);

/** We use KubeConfig alone, and the package's index loads every client as well: with its 3.2 MB --help takes twice as long. */
const onlyKubeConfig: Plugin = {
  name: 'only-kube-config',
  setup(builder) {
    builder.onResolve({ filter: /^@kubernetes\/client-node$/ }, ({ resolveDir }) =>
      builder
        .resolve('./node_modules/@kubernetes/client-node/dist/config.js', {
          kind: 'import-statement',
          resolveDir: root,
        })
        .then(found => {
          if (resolveDir === '' || found.errors.length > 0) throw new Error('only-kube-config: dist/config.js is gone');
          return found;
        }),
    );
  },
};

/**
 * What dependencies import and nothing here calls, as the least that loads. KubeConfig takes undici for fetch, and our
 * requests go through node:https. Yargs takes the rest for its own help, words and version, which are ours: with them
 * --help takes 1.5 times as long. Escalade would also list the current folder and all above it, y18n read a folder that we
 * do not ship.
 */
const unused: Record<string, string> = {
  undici: `class NotBundled { constructor() { throw new Error('undici is not bundled'); } }
    export { NotBundled as Agent, NotBundled as ProxyAgent, NotBundled as fetch };`,
  assert: 'export const notStrictEqual = () => {}, strictEqual = notStrictEqual;',
  cliui: "export default () => ({ div() {}, span() {}, toString: () => '' });",
  'escalade/sync': 'export default () => undefined;',
  'string-width': 'export default text => text.length;',
  y18n: 'export default () => ({ __: text => text, __n: text => text, setLocale() {} });',
};

const noUnused: Plugin = {
  name: 'no-unused',
  setup(builder) {
    const left = new Set(Object.keys(unused));
    builder.onResolve({ filter: /./ }, ({ path, importer }) => {
      if (!Object.hasOwn(unused, path) || !/[\\/](yargs|client-node)[\\/]/.test(importer)) return undefined;
      left.delete(path);
      return { path, namespace: 'unused' };
    });
    builder.onLoad({ filter: /./, namespace: 'unused' }, ({ path }) => ({ contents: unused[path] ?? '' }));
    builder.onEnd(({ errors }) => {
      if (left.size > 0 && errors.length === 0) throw new Error(`no-unused: nobody imports ${[...left].join(', ')}`);
    });
  },
};

/** string-width makes an Intl.Segmenter (25 ms) and an emoji expression (30 ms) at load: both only when first used. */
const stringWidthFile = /node_modules[\\/]string-width[\\/]index\.js$/;
const lazyStringWidth = patch('lazy-string-width', stringWidthFile, makeLazy);

function makeLazy(source: string): string {
  const segmenter = source.replace(
    /^const segmenter = (new Intl\.Segmenter\(\));$/m,
    'let segmenter_; const segmenter = {segment: text => (segmenter_ ??= $1).segment(text)};',
  );
  const emoji = segmenter.replace(
    /^const emojiPrefixRegex = \/(.*RGI_Emoji.*)\/v;$/m,
    (_line, pattern) =>
      `let emojiPrefixRegex_; const emojiPrefixRegex = {exec: text => (emojiPrefixRegex_ ??= new RegExp(${JSON.stringify(pattern)}, 'v')).exec(text), test: text => (emojiPrefixRegex_ ??= new RegExp(${JSON.stringify(pattern)}, 'v')).test(text)};`,
  );
  if (segmenter === source || emoji === segmenter)
    throw new Error('lazy-string-width: half of the patch does not apply');
  return emoji;
}

/**
 * The screen measures each line for each key, and its borders are no ASCII: lines of them and of our signs, all of one column,
 * are measured by their length as ASCII is. Ink's packages bring four copies: one will do.
 */
const quickStringWidth: Plugin[] = [
  {
    name: 'one-string-width',
    setup(builder) {
      const path = join(root, 'node_modules/string-width/index.js');
      builder.onResolve({ filter: /^string-width$/ }, () => ({ path }));
    },
  },
  patch('quick-string-width', stringWidthFile, source => {
    const quick = makeLazy(source).replace(
      /^const nonAsciiOrControlRegex = .*;$/m,
      'const nonAsciiOrControlRegex = /[^\\u{20}-\\u{7E}\\u{2500}-\\u{257F}·›…→⇄✓✗⚠▸▏]/v;',
    );
    if (!quick.includes('⇄')) throw new Error('quick-string-width: half of the patch does not apply');
    return quick;
  }),
];

/** Ink takes each line apart anew for each key: what it has found is kept, for most lines stay as they are. */
const keptLines = patch('kept-lines', /ink[\\/]build[\\/]output\.js$/, source =>
  source
    .replace('export default class Output {', 'let kept = new OutputCaches();\nexport default class Output {')
    .replace(
      'caches = new OutputCaches();\n    width;',
      'caches = kept.styledChars.size < 2000 ? kept : (kept = new OutputCaches());\n    width;',
    ),
);

/** We unpack what is in memory; to ask whether it is a web stream loads Node's web streams: 6 ms of 140. */
const tarInMemory = patch('tar-in-memory', /modern-tar[\\/]dist[\\/]web[\\/]index\.js$/, source =>
  source.replace('if (!(archive instanceof ReadableStream)) return', 'if (archive instanceof Uint8Array) return'),
);

/** The screen is a file of its own, read when it is opened: Ink and React are half as much again as all the rest. */
const screenApart: Plugin = {
  name: 'screen-apart',
  setup(builder) {
    builder.onResolve({ filter: /[\\/]tui[\\/]screen\.tsx$/ }, () => ({ path: './screen.cjs', external: true }));
  },
};

/** Ink's developer tools, where DEV is set, are awaited at top level too. */
const noDevTools = patch('no-dev-tools', /ink[\\/]build[\\/]reconciler\.js$/, source =>
  source.replace(/^if \(process\.env\['DEV'\] === 'true'\) \{\n.*?^\}\n/gms, ''),
);

/**
 * Yoga loads its WebAssembly by `fetch('data:…')`, which takes Node's whole HTTP client with it, and waits for it at top
 * level, which CommonJS cannot: it is made at once from the bytes.
 */
const yogaAtOnce: Plugin[] = [
  patch('yoga-bytes', /yoga-layout[\\/]dist[\\/]binaries[\\/]yoga-wasm-base64-esm\.js$/, source =>
    source.replace(
      /"data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)"(.*)$/s,
      '""$2\nexport const bytes = "$1";',
    ),
  ),
  patch('yoga-at-once', /yoga-layout[\\/]dist[\\/]src[\\/]index\.js$/, source =>
    source.replace('import loadYoga from', 'import loadYoga, { bytes } from').replace(
      'const Yoga = wrapAssembly(await loadYoga());',
      `const made = { instantiateWasm(imports, done) {
          const instance = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(bytes, 'base64')), imports);
          done(instance);
          return instance.exports;
        } };
        loadYoga(made);
        const Yoga = wrapAssembly(made);`,
    ),
  ),
];

const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  metafile: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  mainFields: ['module', 'main'],
  legalComments: 'linked',
  logLevel: 'warning',
} satisfies BuildOptions;
/** A file that start.ts loads: one function, called as Node calls a module. */
const loaded = {
  ...shared,
  banner: {
    js: "(function (exports, require, module, __filename, __dirname) {const __importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
  },
  footer: { js: '})' },
  define: { 'import.meta.url': '__importMetaUrl', 'process.env.NODE_ENV': '"production"' },
  // import() of a builtin or of the screen becomes require().
  supported: { 'dynamic-import': false },
} satisfies BuildOptions;

/** start.ts reads a byte a character, which V8 compiles fastest: esbuild leaves other characters in regular expressions as they are. */
function toAscii(code: string): string {
  return code.replace(/[\x80-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Builds the program in a folder: kubectl-netinspect.cjs, which loads main.cjs and screen.cjs with a code cache (start.ts), and the
 * assets. Gives each bundled source file, relative to the project's root, by the output that has it.
 * CommonJS, because in an ES module `import 'node:http'` alone costs 50 ms at start-up. Each patch of a dependency is here
 * for the milliseconds that it buys, and throws when what it changes is no longer there.
 */
export async function bundle(folder: string): Promise<Map<string, string[]>> {
  const built = await Promise.all([
    build({
      ...loaded,
      entryPoints: ['src/main.ts'],
      outfile: join(folder, 'main.cjs'),
      plugins: [onlyKubeConfig, slimKubernetes, noUnused, lazyStringWidth, tarInMemory, screenApart],
    }),
    build({
      ...loaded,
      entryPoints: ['src/tui/screen.tsx'],
      outfile: join(folder, 'screen.cjs'),
      plugins: [noDevTools, keptLines, ...quickStringWidth, ...yogaAtOnce],
    }),
  ]);
  const hash = createHash('sha256');
  for (const name of ['main.cjs', 'screen.cjs']) {
    const file = join(folder, name);
    const text = toAscii(readFileSync(file, 'utf8'));
    writeFileSync(file, text);
    hash.update(text);
  }
  await build({
    ...shared,
    entryPoints: ['krew/start.ts'],
    outfile: join(folder, 'kubectl-netinspect.cjs'),
    banner: { js: '#!/usr/bin/env node' },
    define: { __BUILD__: JSON.stringify(hash.digest('hex').slice(0, 16)) },
  });
  chmodSync(join(folder, 'kubectl-netinspect.cjs'), 0o755);
  for (const [name, path] of Object.entries(assets)) copyFileSync(join(root, path), join(folder, name));
  return new Map(
    built.flatMap(({ metafile }) =>
      Object.entries(metafile.outputs)
        .filter(([name]) => name.endsWith('.cjs'))
        .map(([name, { inputs }]) => [basename(name), Object.keys(inputs)] as const),
    ),
  );
}
