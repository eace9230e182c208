import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

interface Descriptor {
  digest: string;
  annotations?: { 'io.containerd.image.name': string };
}

/** Writes some images of an OCI image layout folder, named by their references, as a tar that `ctr images import` takes. */
export async function writeArchive(layout: string, references: string[], archive: string): Promise<void> {
  const blob = (digest: string) => join('blobs', 'sha256', digest.slice('sha256:'.length));
  const index: { manifests: Descriptor[] } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
  const manifests = index.manifests.filter(({ annotations }) =>
    references.includes(annotations?.['io.containerd.image.name'] ?? ''),
  );
  const digests = new Set<string>();
  for (const { digest } of manifests) {
    const text = await readFile(join(layout, blob(digest)), 'utf8');
    const { config, layers }: { config: Descriptor; layers: Descriptor[] } = JSON.parse(text);
    for (const each of [digest, config.digest, ...layers.map(layer => layer.digest)]) digests.add(each);
  }
  const own = await mkdtemp(join(tmpdir(), 'netinspect-archive-'));
  try {
    await writeFile(join(own, 'index.json'), JSON.stringify({ ...index, manifests }));
    const blobs = [...digests].map(blob);
    await execa('tar', ['-cf', archive, '-C', own, 'index.json', '-C', layout, 'oci-layout', ...blobs]);
  } finally {
    await rm(own, { recursive: true });
  }
}
