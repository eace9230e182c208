import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import type { Say } from '../say.ts';
import { cached, contentHash } from './cache.ts';

/** An uncompressed layer, so that its digest is its diff ID too and no node spends time on unpacking it twice. */
export interface Layer {
  digest: string;
  size: number;
  path: string;
}

export interface Image {
  references: string[];
  layers: Layer[];
  /** The `config` member of an OCI image configuration. */
  config: { Entrypoint?: string[]; Cmd?: string[]; Env?: string[]; User?: string };
}

const oci = 'application/vnd.oci.image';

/** A layer of its own, built by `fill` (which writes `layer.tar` or a tree `root/` into the folder that it is given). */
export async function buildLayer(
  name: string,
  inputs: unknown,
  say: Say,
  fill: (dir: string) => Promise<void>,
): Promise<Layer> {
  const dir = await cached(`layer-${name}`, contentHash(inputs), say, async building => {
    await fill(building);
    const path = join(building, 'layer.tar');
    await packTree(join(building, 'root'), path);
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    await writeFile(join(building, 'digest'), `sha256:${hash.digest('hex')}`);
  });
  const path = join(dir, 'layer.tar');
  return { digest: await readFile(join(dir, 'digest'), 'utf8'), size: (await stat(path)).size, path };
}

/** `root/` as a tar that is the same whenever the files are, unless the layer is a tar already. */
async function packTree(root: string, path: string): Promise<void> {
  if (!(await stat(root).catch(() => undefined))) return;
  const same = ['--sort=name', '--mtime=@0', '--numeric-owner', '--owner=0', '--group=0'];
  await execa('tar', [...same, '-C', root, '-cf', path, '.']);
  await rm(root, { recursive: true });
}

/**
 * Writes the images as one OCI image layout folder (opencontainers/image-spec, image-layout.md) and gives its path. Each reference
 * is one manifest of index.json, named whole by the annotation that containerd uses (`io.containerd.image.name`).
 */
export async function writeLayout(images: Image[], say: Say): Promise<string> {
  const inputs = images.map(image => [image.references, image.config, image.layers.map(layer => layer.digest)]);
  return cached('images', contentHash(inputs), say, async dir => {
    const blobs = join(dir, 'blobs', 'sha256');
    await mkdir(blobs, { recursive: true });
    const put = async (value: unknown) => {
      const text = JSON.stringify(value);
      const hex = createHash('sha256').update(text).digest('hex');
      await writeFile(join(blobs, hex), text);
      return { digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
    };
    const manifests = [];
    for (const image of images) {
      for (const layer of image.layers) {
        await link(layer.path, join(blobs, layer.digest.slice('sha256:'.length))).catch(ignoreExisting);
      }
      const config = await put({
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config: {
          WorkingDir: '/',
          Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
          ...image.config,
        },
        rootfs: { type: 'layers', diff_ids: image.layers.map(layer => layer.digest) },
      });
      const manifest = await put({
        schemaVersion: 2,
        mediaType: `${oci}.manifest.v1+json`,
        config: { mediaType: `${oci}.config.v1+json`, ...config },
        layers: image.layers.map(({ digest, size }) => ({ mediaType: `${oci}.layer.v1.tar`, digest, size })),
      });
      for (const reference of image.references) {
        const annotations = { 'io.containerd.image.name': reference };
        manifests.push({ mediaType: `${oci}.manifest.v1+json`, ...manifest, annotations });
      }
    }
    await writeFile(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
    await writeFile(join(dir, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  });
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
